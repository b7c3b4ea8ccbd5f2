// SPDX-License-Identifier: ISC
// Signals and the service manager: TERM and INT stop, HUP reloads, USR1 reopens, QUIT leaves; and
// what the manager is told of it.
#include <doctest/doctest.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <string>
#include <vector>

#include "daemon/os/systemd.h"
#include "tests/integration/client.h"
#include "tests/integration/daemon_under_test.h"
#include "tests/integration/gauge.h"
#include "tests/integration/lacks.h"

using namespace minetd;

namespace {

constexpr const char* three_ways = R"(
{program} stream tcp4 nowait  {user} {probe} probe hold {dir}/gauge
{pool}    stream tcp4 prefork {user} internal echo
{inner}   stream tcp4 nowait  {user} internal echo
)";

/// The service manager's end of NOTIFY_SOCKET.
class ServiceManager {
  public:
    ServiceManager() : fd_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        const SocketAddress address = address_of_path(path());
        REQUIRE(bind(fd_.get(), address.raw(), address.length) == 0);
        chmod(path().c_str(), 0666);
        const timeval patience{patience_ms / 1000, 0};
        setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    }
    std::string path() const { return directory_.path() + "/notify"; }
    /// The next message that holds `text`; empty when none comes.
    std::string await(const std::string& text) {
        for (;;) {
            char message[4096];
            const ssize_t size = recv(fd_.get(), message, sizeof message, 0);
            if (size <= 0) return {};
            const std::string all(message, static_cast<std::size_t>(size));
            if (all.find(text) != std::string::npos) return all;
        }
    }

  private:
    TemporaryDirectory directory_;
    UniqueFd fd_;
};

}  // namespace

TEST_SUITE_BEGIN("signals");

TEST_CASE("one stop is told once, where services have limits too") {
    DaemonUnderTest daemon(R"(
{one} stream tcp4 nowait {user} {probe} probe answer
{two} stream tcp4 nowait {user} {probe} probe answer
[defaults]
instances = 2
)");
    CHECK(daemon.stop() == 0);
    CHECK(daemon.lines_with("stopping") == 1);
    CHECK(daemon.lines_with("stopped") == 1);
}

TEST_CASE("TERM and INT: no more connections, the sessions end as they like, then status 0") {
    for (const int signal : {SIGTERM, SIGINT}) {
        CAPTURE(signal);
        DaemonUnderTest daemon(three_ways);
        Gauge::create(daemon.file("gauge"));
        Client program(daemon.port("program")), pooled(daemon.port("pool")),
            inner(daemon.port("inner"));
        CHECK(program.line() == "held\n");
        for (Client* client : {&pooled, &inner}) {
            client->send("before\n");
            CHECK(client->line() == "before\n");
        }
        daemon.signal(signal);
        daemon.await_output("stopping");
        for (const char* name : {"program", "pool", "inner"}) {
            CAPTURE(std::string(name));
            CHECK(Client(daemon.port(name)).end() == Client::End::refused);
        }
        for (Client* client : {&pooled, &inner}) {
            client->send("during\n");
            CHECK(client->line() == "during\n");
            client->close();
        }
        CHECK(daemon.alive());
        CHECK(program.ask("") == "");
        CHECK(daemon.await_exit() == 0);
    }
}

TEST_CASE("a deadline for the stop: what still runs is ended") {
    DaemonUnderTest daemon(std::string(three_ways) + "[minetd]\ngraceful_shutdown_timeout = 1\n");
    Gauge::create(daemon.file("gauge"));
    Client program(daemon.port("program")), pooled(daemon.port("pool"));
    CHECK(program.line() == "held\n");
    pooled.send("x\n");
    CHECK(pooled.line() == "x\n");
    daemon.signal(SIGTERM);
    CHECK(daemon.await_exit() == 0);
    CHECK(program.rest() == "");
    CHECK(pooled.rest() == "");
}

TEST_CASE("QUIT: minetd goes, running programs stay") {
    DaemonUnderTest daemon(three_ways);
    Gauge& gauge = Gauge::create(daemon.file("gauge"));
    Client program(daemon.port("program"));
    CHECK(program.line() == "held\n");
    daemon.signal(SIGQUIT);
    CHECK(daemon.await_exit() == 0);
    CHECK(gauge.now == 1);
    CHECK(program.end() == Client::End::none);
    CHECK(program.ask("") == "");
    CHECK(gauge.now == 0);
}

TEST_CASE("USR1: the records go on in a new file") {
    DaemonUnderTest daemon(R"(
{line} stream tcp4 nowait {user} {probe} probe answer
[{line}]
id = line
log_type = file:{dir}/records
log_on_success = EXIT
)");
    CHECK(Client(daemon.port("line")).ask("x\n") == "x\n");
    const UniqueFd watch(inotify_init1(IN_CLOEXEC));
    REQUIRE(inotify_add_watch(watch.get(), daemon.directory().c_str(), IN_CREATE | IN_MODIFY) >= 0);
    REQUIRE(std::rename(daemon.file("records").c_str(), daemon.file("records.1").c_str()) == 0);
    daemon.signal(SIGUSR1);
    struct stat status {};
    char events[4096];
    while (stat(daemon.file("records").c_str(), &status) != 0)
        REQUIRE(read(watch.get(), events, sizeof events) > 0);
    CHECK(Client(daemon.port("line")).ask("x\n") == "x\n");
    while (read_file(daemon.file("records")).find("EXIT: line status=0") == std::string::npos)
        REQUIRE(read(watch.get(), events, sizeof events) > 0);
}

TEST_CASE("the service manager is told of start, reload, a failed reload and stop") {
    if (lacks(systemd::can_notify(), "libsystemd")) return;
    ServiceManager manager;
    DaemonUnderTest daemon("{a} stream tcp4 nowait {user} internal echo\n",
                           {.environment = {"NOTIFY_SOCKET=" + manager.path()}});
    CHECK(manager.await("READY=1") != "");
    daemon.reload(
        "{a} stream tcp4 nowait {user} internal echo\n{b} stream tcp4 nowait {user} "
        "internal echo\n");
    CHECK(manager.await("RELOADING=1").find("MONOTONIC_USEC=") != std::string::npos);
    CHECK(manager.await("READY=1") != "");
    daemon.reload("[minetd]\nno_such_attribute = 1\n");
    CHECK(manager.await("RELOADING=1") != "");
    CHECK(manager.await("READY=1") != "");
    daemon.signal(SIGTERM);
    CHECK(manager.await("STOPPING=1") != "");
    CHECK(daemon.await_exit() == 0);
}

TEST_CASE("--pid-file names the process, and is gone when it is") {
    TemporaryDirectory directory;
    const std::string file = directory.path() + "/minetd.pid";
    DaemonUnderTest daemon("{a} stream tcp4 nowait {user} internal echo\n",
                           {.arguments = {"--pid-file", file}});
    CHECK(read_file(file) == std::to_string(daemon.pid()) + "\n");
    CHECK(daemon.stop() == 0);
    CHECK(access(file.c_str(), F_OK) != 0);
}

TEST_CASE("exit codes: 64 for the command line, 78 for the configuration") {
    struct Case {
        const char* name;
        std::string configuration;
        std::vector<std::string> arguments;
        int status;
    };
    const Case table[] = {
        {"an unknown option", "", {"--no-such-option"}, 64},
        {"strict", "{a} stream tcp4 nowait no-such-user-here internal echo\n", {"--strict"}, 78},
        {"a broken [minetd]", "[minetd]\nno_such_attribute = 1\n", {}, 78},
        {"check, with an error",
         "{a} stream tcp4 nowait {user} /no/such/program\n",
         {"--check"},
         78},
        {"check, without one", "{a} stream tcp4 nowait {user} internal echo\n", {"--check"}, 0},
        {"a file that is not there", "", {"--check", "/no/such/file"}, 78},
        {"check, of several", "", {"--check", "/dev/null", "/dev/null"}, 0},
        {"check, with an error in one", "", {"--check", "/no/such/file", "/dev/null"}, 78},
        {"dump, of several", "", {"--dump", "/dev/null"}, 64},
        {"more than one to serve", "", {"/dev/null"}, 64},
    };
    for (const Case& row : table) {
        CAPTURE(std::string(row.name));
        DaemonUnderTest daemon(row.configuration,
                               {.arguments = row.arguments, .await_ready = false});
        const int status = daemon.await_exit();
        CAPTURE(daemon.output());
        CHECK(WIFEXITED(status));
        CHECK(WEXITSTATUS(status) == row.status);
    }
}

TEST_CASE("a configuration that is refused is not dumped: it would be open to more than it was") {
    for (const char* configuration :
         {"{a} stream tcp4 nowait {user} internal echo\n[defaults]\nonly_from = 10.0.0.0/99\n",
          "defaults\n{\nonly_from = 10.0.0.0/8,192.168.1.0/24\n}\n"
          "service a\n{\ntype = UNLISTED\nport = {a}\nsocket_type = stream\nwait = no\n"
          "user = {user}\nserver = {probe}\n}\n"}) {
        DaemonUnderTest daemon(configuration, {.arguments = {"--dump"}, .await_ready = false});
        const int status = daemon.await_exit();
        CAPTURE(daemon.output());
        CHECK(WEXITSTATUS(status) == 78);
        CHECK(daemon.output().find(" nowait ") == std::string::npos);
    }
}

TEST_CASE("what is wrong with the configuration is in the log, at the start and at a reload") {
    TemporaryDirectory directory;
    const std::string file = directory.path() + "/log";
    constexpr const char* text =
        "{a} stream tcp4 nowait {user} internal echo\n"
        "{b} stream tcp4 nowait no-such-user internal echo\n"
        "[{a}]\nchdir = /no/such/directory\n";
    DaemonUnderTest daemon(text, {.arguments = {"--log", "file:" + file}, .await_ready = false});
    const auto times = [&](const std::string& what) {
        const std::string log = read_file(file);
        int count = 0;
        for (std::size_t at = 0; (at = log.find(what, at)) != std::string::npos; ++at) ++count;
        return count;
    };
    const auto logged = [&](const std::string& what, int count) {
        daemon.await([&] { return times(what) == count; }, what);
    };
    logged("ready: 1 services", 1);
    CHECK(times("error: ") == 1);
    CHECK(times("there is no user `no-such-user`") == 1);
    CHECK(times("warning: ") == 1);
    CHECK(times("there is no directory /no/such/directory") == 1);
    daemon.configure(text);
    daemon.signal(SIGHUP);
    logged("reloaded: ", 1);
    CHECK(times("error: ") == 2);
    CHECK(times("warning: ") == 2);
}

TEST_CASE("a start that the configuration forbids is in the log too") {
    TemporaryDirectory directory;
    const std::string file = directory.path() + "/log";
    DaemonUnderTest daemon("[minetd]\nno_such_attribute = 1\n",
                           {.arguments = {"-filelog", file}, .await_ready = false});
    CHECK(WEXITSTATUS(daemon.await_exit()) == 78);
    CHECK(read_file(file).find("there is no attribute `no_such_attribute`") != std::string::npos);
}

TEST_CASE("--check tells of each file by itself") {
    TemporaryDirectory directory;
    const std::string other = directory.path() + "/other.conf";
    write_file(other, "echo stream tcp4 nowait root internal\nnonsense\n");
    DaemonUnderTest daemon("{a} stream tcp4 nowait {user} internal echo\n",
                           {.arguments = {"--check", other}, .await_ready = false});
    CHECK(WEXITSTATUS(daemon.await_exit()) == 78);
    const std::string output = daemon.output();
    CAPTURE(output);
    CHECK(output.find(": 1 services, 0 errors") != std::string::npos);
    CHECK(output.find(other + ": 1 services, 1 errors") != std::string::npos);
}

TEST_SUITE_END();
