// SPDX-License-Identifier: ISC
// What the daemon itself has, over upgrades in place: its binary, its files and sockets, what its
// programs find around them, and whom it reports to.
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "daemon/os/socket.h"
#include "daemon/os/systemd.h"
#include "tests/integration/client.h"
#include "tests/integration/lacks.h"
#include "tests/integration/upgradable.h"

using namespace minetd;

TEST_SUITE_BEGIN("upgrade");

TEST_CASE("it is another binary then, with the new configuration, and files of the daemon stay") {
    LaunchOptions options;
    TemporaryDirectory run;
    options.arguments = {"--pid-file", run.path() + "/minetd.pid"};
    Upgradable minetd(
        "{kept} stream tcp4 nowait {user} internal echo\n"
        "{gone} stream tcp4 nowait {user} /bin/cat cat\n"
        "{dir}/socket stream unix nowait {user} /bin/cat cat\n",
        options);
    DaemonUnderTest& daemon = minetd.daemon();
    const std::string exe = "/proc/" + std::to_string(daemon.pid()) + "/exe";
    std::filesystem::copy_file(from_environment("MINETD"), minetd.file("another"));
    minetd.install(minetd.file("another"));
    Client held(minetd.port("gone"));
    CHECK(held.say("here") == "here\n");
    daemon.configure(
        "{kept} stream tcp4 nowait {user} internal echo\n"
        "{fresh} stream tcp4 event {user} internal echo\n"
        "{dir}/socket stream unix nowait {user} /bin/cat cat\n");
    const std::string outcome = minetd.upgrade();
    CHECK(outcome.find("1 added, 0 changed, 1 removed, 2 kept") != outcome.npos);
    CHECK(std::filesystem::read_symlink(exe) == minetd.file("another"));
    CHECK(read_file(run.path() + "/minetd.pid") == std::to_string(daemon.pid()) + "\n");
    CHECK(is_served(Client(minetd.port("kept"))));
    CHECK(is_served(Client(minetd.port("fresh"))));
    CHECK(is_served(Client(address_of_path(daemon.file("socket")))));
    CHECK(Client(minetd.port("gone")).end() == Client::End::refused);
    CHECK(held.say("still here") == "still here\n");
    // What drains is handed on too.
    minetd.must_upgrade();
    CHECK(held.say("and here") == "and here\n");
    held.close();
    CHECK(daemon.stop() == 0);
    CHECK_FALSE(std::filesystem::exists(run.path() + "/minetd.pid"));
    CHECK_FALSE(std::filesystem::exists(daemon.file("socket")));
}

TEST_CASE("what programs find around them is as before: credentials, a /tmp of the service's own") {
    if (::geteuid() != 0) {
        MESSAGE("SKIPPED: private_tmp takes root");
        return;
    }
    TemporaryDirectory given, runtime;
    write_file(given.path() + "/key", "secret\n");
    LaunchOptions options;
    options.environment = {"CREDENTIALS_DIRECTORY=" + given.path(),
                           "RUNTIME_DIRECTORY=" + runtime.path()};
    Upgradable minetd(R"(
{key} stream tcp4 nowait {user} /bin/sh sh -c "echo $CREDENTIALS_DIRECTORY; read line; cat $CREDENTIALS_DIRECTORY/key"
{tmp} stream tcp4 nowait {user} /bin/sh sh -c "ls /tmp; echo x >/tmp/seen"
[{key}]
credentials = key
[{tmp}]
private_tmp = yes
)",
                      options);
    CHECK(Client(minetd.port("tmp")).rest() == "");
    Client reader(minetd.port("key"));
    const std::string directory = reader.line();
    // What is there no longer is kept, as by a reload.
    std::filesystem::remove(given.path() + "/key");
    minetd.must_upgrade();
    CHECK(Client(minetd.port("tmp")).rest() == "seen\n");
    CHECK(reader.ask("\n") == "secret\n");
    CHECK(Client(minetd.port("key")).ask("\n") == directory + "secret\n");
    minetd.daemon().stop();
    CHECK(std::filesystem::is_empty(runtime.path() + "/credentials"));
}

TEST_CASE("the service manager hears of it, and of sockets that it keeps") {
    if (lacks(systemd::can_notify(), "libsystemd")) return;
    TemporaryDirectory directory;
    const SocketAddress address = address_of_path(directory.path() + "/notify");
    UniqueFd manager(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    REQUIRE(::bind(manager.get(), address.raw(), address.length) == 0);
    std::string heard;
    const auto hears = [&](const std::string& text) {
        return comes_true([&] {
            char message[4096];
            for (ssize_t size; (size = ::recv(manager.get(), message, sizeof message, 0)) > 0;)
                heard += std::string(message, static_cast<std::size_t>(size)) + "\n";
            return heard.find(text) != heard.npos;
        });
    };
    LaunchOptions options;
    options.environment = {"NOTIFY_SOCKET=" + directory.path() + "/notify"};
    options.await_ready = false;
    Upgradable minetd(
        "{one} stream tcp4 nowait {user} internal echo\n"
        "{two} stream tcp4 nowait {user} internal echo\n",
        options);
    REQUIRE(hears("READY=1"));
    REQUIRE(heard.find("FDSTORE=1") != heard.npos);
    const std::string name = "FDNAME=" + std::to_string(minetd.port("two"));
    REQUIRE(hears(name));
    heard.clear();
    minetd.must_upgrade();
    CHECK(hears("MAINPID=" + std::to_string(minetd.daemon().pid())));
    CHECK(hears("READY=1"));
    CHECK(heard.find("RELOADING=1") < heard.find("MAINPID="));
    CHECK(heard.find("FDSTORE") == heard.npos);
    heard.clear();
    minetd.daemon().reload("{one} stream tcp4 nowait {user} internal echo\n");
    CHECK(hears("FDSTOREREMOVE=1\n" + name));
    minetd.uninstall();
    minetd.upgrade();
    CHECK(hears("STATUS=the last upgrade was refused; 1 service"));
}

TEST_CASE("sockets of a socket unit stay whose they are, and one for nobody waits") {
    SocketOptions stream;
    stream.type = SOCK_STREAM;
    const auto listener = [&] {
        return open_listener(resolve("127.0.0.1", 0, AF_INET).front(), stream);
    };
    const UniqueFd named = listener(), spare = listener();
    const std::uint16_t here = local_address(named.get()).port(),
                        there = local_address(spare.get()).port();
    LaunchOptions options;
    options.passed = {{"web", named.get()}, {"spare", spare.get()}};
    const std::string web = "{own} stream tcp4 nowait {user} internal echo\n";
    const std::string of_web = "[{own}]\nid = web\n";
    const std::string another =
        "127.0.0.1:" + std::to_string(there) + " stream tcp4 event {user} internal echo\n";
    Upgradable minetd(web + of_web, options);
    for (int round = 0; round < 3; ++round) {
        CHECK(is_served(Client(here)));
        // Its owner says where it is.
        CHECK(Client(minetd.port("own")).end() == Client::End::refused);
        const std::size_t before = minetd.daemon().output().size();
        minetd.must_upgrade();
        minetd.daemon().await_output("(`spare') is for no service", before);
    }
    minetd.daemon().reload(web + another + of_web);
    CHECK(minetd.daemon().lines_with("is inherited, as `spare'") == 1);
    CHECK(is_served(Client(there)));
    minetd.must_upgrade();
    CHECK(is_served(Client(there)));
    minetd.daemon().reload(another);
    minetd.must_upgrade();
    // Nobody serves it, and it is not closed: who comes waits for the service that will.
    Client waits(here);
    waits.send("early\n");
    minetd.daemon().reload(web + another + of_web);
    CHECK(waits.line() == "early\n");
}

TEST_SUITE_END();
