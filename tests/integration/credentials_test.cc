// SPDX-License-Identifier: ISC
// Credentials on their way: from what minetd was given to the programs of one service, and to
// nobody else.
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "tests/integration/client.h"
#include "tests/integration/daemon_under_test.h"

using namespace minetd;

namespace {

constexpr const char* lines = R"(
{nowait}  stream tcp4 nowait  {user} /bin/sh sh -c "cat $CREDENTIALS_DIRECTORY/key; ls $CREDENTIALS_DIRECTORY"
{prefork} stream tcp4 prefork {user} /bin/sh sh -c "cat $CREDENTIALS_DIRECTORY/tls; echo $CREDENTIALS_DIRECTORY"
{without} stream tcp4 nowait  {user} /bin/sh sh -c "echo has=$CREDENTIALS_DIRECTORY"
)";

}  // namespace

TEST_SUITE_BEGIN("credentials");

TEST_CASE("programs find their service's credentials, and minetd's own do not leak") {
    TemporaryDirectory given, runtime;
    write_file(given.path() + "/key", "secret\n");
    write_file(given.path() + "/other", "not for them\n");
    const std::string sections =
        "[{nowait}]\ncredentials = key\n[{prefork}]\ncredentials = tls:" + given.path() +
        "/other\n";
    LaunchOptions options;
    options.environment = {"CREDENTIALS_DIRECTORY=" + given.path(),
                           "RUNTIME_DIRECTORY=" + runtime.path()};
    DaemonUnderTest daemon(lines + sections, options);
    CHECK(Client(daemon.port("nowait")).rest() == "secret\nkey\n");
    CHECK(Client(daemon.port("without")).rest() == "has=\n");
    Client pool(daemon.port("prefork"));
    CHECK(pool.line() == "not for them\n");
    std::string path = pool.line();
    path.pop_back();
    CHECK(path.starts_with(runtime.path() + "/credentials/"));
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK(status.st_mode == (S_IFDIR | 0500));
    CHECK(status.st_uid == test_uid());

    // Read again, for a service that did not change too.
    write_file(given.path() + "/key", "newer\n");
    daemon.reload(lines + sections);
    CHECK(Client(daemon.port("nowait")).rest() == "newer\nkey\n");

    ::unlink((given.path() + "/key").c_str());
    daemon.reload(lines + sections);
    CHECK(Client(daemon.port("nowait")).rest() == "newer\nkey\n");
    CHECK(daemon.output().find("newer") == std::string::npos);

    write_file(given.path() + "/key", "newest\n");
    daemon.reload(daemon.expand("{without} stream tcp4 nowait {user} /bin/cat cat\n"));
    daemon.stop();
    CHECK(::stat(path.c_str(), &status) < 0);
    CHECK(::rmdir((runtime.path() + "/credentials").c_str()) == 0);  // nothing is left in it
}

TEST_CASE("a service that comes back keeps its credentials when a session of before ends") {
    TemporaryDirectory given, runtime;
    write_file(given.path() + "/key", "secret\n");
    const std::string without = "{other} stream tcp4 nowait {user} /bin/cat cat\n",
                      with = without +
                             "{key} stream tcp4 nowait {user} /bin/sh sh -c "
                             "\"cat $CREDENTIALS_DIRECTORY/key; read line; "
                             "cat $CREDENTIALS_DIRECTORY/key\"\n"
                             "[{key}]\nid = key\ncredentials = key\nlog_on_success = EXIT\n";
    DaemonUnderTest daemon(with, {.environment = {"CREDENTIALS_DIRECTORY=" + given.path(),
                                                  "RUNTIME_DIRECTORY=" + runtime.path()}});
    Client before(daemon.port("key"));
    CHECK(before.line() == "secret\n");
    daemon.reload(without);
    write_file(given.path() + "/key", "newer\n");
    daemon.reload(with);
    CHECK(before.ask("x\n") == "newer\n");
    daemon.await_lines("EXIT: key", 1);
    daemon.await_loop();
    Client after(daemon.port("key"));
    CHECK(after.line() == "newer\n");
    CHECK(after.ask("x\n") == "newer\n");
}

TEST_SUITE_END();
