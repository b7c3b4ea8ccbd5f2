// SPDX-License-Identifier: ISC
// What a program sees of its surroundings, in `nowait` and in `prefork` alike, and what happens to
// the client and the daemon when it cannot be started.
#include <doctest/doctest.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/integration/client.h"
#include "tests/integration/daemon_under_test.h"
#include "tests/integration/privileges.h"

using namespace minetd;

namespace {

struct Report {
    std::map<std::string, std::string> values, env;
    std::set<std::string> descriptors;
    bool complete = false;

    explicit Report(const std::string& text) {
        std::istringstream lines(text);
        for (std::string line; std::getline(lines, line);) {
            const bool variable = line.rfind("env ", 0) == 0;
            if (variable) line.erase(0, 4);
            const std::size_t equals = line.find('=');
            if (line == "end") complete = true;
            if (equals == std::string::npos) continue;
            (variable ? env : values)[line.substr(0, equals)] = line.substr(equals + 1);
            if (!variable && line.rfind("fd", 0) == 0) descriptors.insert(line.substr(0, equals));
        }
    }
};

constexpr const char* one_program = R"(
{report}  stream tcp4 SERVE {user} {probe} probe report "two words" '#3'
[{report}]
env   = GREETING=hello
chdir = {dir}
umask = 027
nice  = 3
session = yes
rlimit_nofile = 99
rlimit_core   = 0
)";

std::string with_serve(std::string text, const std::string& word) {
    for (std::size_t at; (at = text.find("SERVE")) != std::string::npos;) text.replace(at, 5, word);
    return text;
}

}  // namespace

TEST_SUITE_BEGIN("programs");

TEST_CASE("a program sees what its line and section say, and nothing else") {
    for (const char* serve : {"nowait", "prefork"}) {
        CAPTURE(std::string(serve));
        DaemonUnderTest daemon(with_serve(one_program, serve), {.environment = {"NOTIFY_SOCKET="}});
        Client client(daemon.port("report"));
        const std::string text = client.ask("");
        CAPTURE(text);
        const Report report(text);
        CHECK(report.complete);
        CHECK(client.end() == Client::End::closed);

        const std::string user_id = std::to_string(test_uid());
        const passwd* user = getpwuid(test_uid());
        REQUIRE(user != nullptr);
        const std::string group_id = std::to_string(user->pw_gid);
        const std::string port = std::to_string(daemon.port("report"));
        const SocketAddress own = local_address(client.fd());

        const struct {
            const char* name;
            std::string expected;
        } values[] = {
            {"argv0", "probe"},
            {"argv1", "report"},
            {"argv2", "two words"},
            {"argv3", "#3"},
            {"uid", user_id + " " + user_id + " " + user_id},
            {"gid", group_id + " " + group_id + " " + group_id},
            {"cwd", daemon.directory()},
            {"umask", "027"},
            {"nice", "3"},
            {"rlimit_nofile", "99 99"},
            {"rlimit_core", "0 0"},
            {"blocked", ""},
            {"not_default", ""},
            {"nonblocking", "0"},
            {"peer", own.str()},
            {"local", "127.0.0.1:" + port},
        };
        for (const auto& row : values) {
            CAPTURE(std::string(row.name));
            const auto found = report.values.find(row.name);
            REQUIRE(found != report.values.end());
            CHECK(found->second == row.expected);
        }
        CHECK(report.values.count("argv4") == 0);
        CHECK(report.descriptors == std::set<std::string>{"fd0", "fd1", "fd2"});
        CHECK(report.values.at("fd0") == report.values.at("fd2"));
        CHECK(report.values.at("sid") == report.values.at("pid"));
        CHECK(report.values.at("pgid") == report.values.at("pid"));
        if (geteuid() == 0) {
            std::vector<gid_t> groups(64);
            int count = static_cast<int>(groups.size());
            REQUIRE(getgrouplist(user->pw_name, user->pw_gid, groups.data(), &count) >= 0);
            const std::set<gid_t> ordered(groups.begin(), groups.begin() + count);
            std::string expected;
            for (const gid_t group : ordered)
                expected += (expected.empty() ? "" : " ") + std::to_string(group);
            CHECK(report.values.at("groups") == expected);
        }

        const struct {
            const char* name;
            std::string expected;
        } variables[] = {
            {"GREETING", "hello"},
            {"PROTO", "TCP"},
            {"TCPLOCALIP", "127.0.0.1"},
            {"TCPLOCALPORT", port},
            {"TCPREMOTEIP", "127.0.0.1"},
            {"TCPREMOTEPORT", std::to_string(own.port())},
            {"REMOTE_HOST", "127.0.0.1"},
            {"REMOTE_ADDR", "127.0.0.1"},
            {"REMOTE_PORT", std::to_string(own.port())},
        };
        for (const auto& row : variables) {
            CAPTURE(std::string(row.name));
            const auto found = report.env.find(row.name);
            REQUIRE(found != report.env.end());
            CHECK(found->second == row.expected);
        }
        for (const char* foreign : {"NOTIFY_SOCKET", "LISTEN_FDS", "LISTEN_PID", "WATCHDOG_USEC",
                                    "TCPREMOTEHOST", "TCPREMOTEINFO"}) {
            CAPTURE(std::string(foreign));
            CHECK(report.env.count(foreign) == 0);
        }
    }
}

TEST_CASE("priority and limits are the service's, where root has to give them") {
    if (lacks_root()) return;
    // The daemon has 600; 8 is fewer than a keeper's child has open.
    const std::string rows[] = {may_raise_limits() ? "700" : "500", "8"};
    for (const char* serve : {"nowait", "prefork"})
        for (const std::string& files : rows) {
            CAPTURE(std::string(serve));
            CAPTURE(files);
            DaemonUnderTest daemon(with_serve("{report} stream tcp4 SERVE {user} {probe} probe "
                                              "report\n[{report}]\nnice = -5\nstderr = null\n"
                                              "rlimit_nofile = " +
                                                  files + '\n',
                                              serve),
                                   {.descriptors = 600});
            const Report report(Client(daemon.port("report")).ask(""));
            REQUIRE(report.complete);
            CHECK(report.values.at("nice") == "-5");
            CHECK(report.values.at("rlimit_nofile") == files + ' ' + files);
        }
}

TEST_CASE("the environment passes only what passenv names, and never an earlier client's") {
    DaemonUnderTest daemon(R"(
{tcp}   stream tcp4 nowait {user} {probe} probe report
{local} stream unix nowait {user} {probe} probe report
[{tcp}]
passenv = KEPT
)",
                           {.environment = {"KEPT=1", "DROPPED=1"}});
    const Report report(Client(daemon.port("tcp")).ask(""));
    CHECK(report.complete);
    CHECK(report.env.count("KEPT") == 1);
    CHECK(report.env.count("DROPPED") == 0);
    CHECK(report.env.count("TCPREMOTEIP") == 1);
    // Without being asked a program leads its process group at least.
    CHECK(report.values.at("pgid") == report.values.at("pid"));
}

TEST_CASE("argv[0] is the program's name when the line gives none") {
    DaemonUnderTest daemon("{bare} stream tcp4 nowait {user} {probe}\n");
    // Without a mode the probe complains, on the connection, because stderr is the socket.
    CHECK(Client(daemon.port("bare")).ask("") == "probe: unknown mode\n");
}

TEST_CASE("standard error goes where the section says") {
    for (const char* serve : {"nowait", "prefork"}) {
        CAPTURE(std::string(serve));
        DaemonUnderTest daemon(with_serve(R"(
{socket} stream tcp4 SERVE {user} {probe} probe complain
{log}    stream tcp4 SERVE {user} {probe} probe complain
{null}   stream tcp4 SERVE {user} {probe} probe complain
{file}   stream tcp4 SERVE {user} {probe} probe complain
[{log}]
stderr = log
[{null}]
stderr = null
[{file}]
stderr = {dir}/complaints
)",
                                          serve));
        CHECK(Client(daemon.port("socket")).ask("") == "a complaint\n");
        CHECK(daemon.lines_with("a complaint") == 0);
        CHECK(Client(daemon.port("null")).ask("") == "");
        CHECK(Client(daemon.port("file")).ask("") == "");
        CHECK(read_file(daemon.file("complaints")) == "a complaint\n");
        CHECK(daemon.lines_with("a complaint") == 0);
        CHECK(Client(daemon.port("log")).ask("") == "");
        daemon.await_lines("a complaint", 1);
    }
}

TEST_CASE("a program that cannot be started costs its client the connection, and nothing else") {
    for (const char* serve : {"nowait", "prefork"}) {
        CAPTURE(std::string(serve));
        DaemonUnderTest daemon("{good} stream tcp4 nowait {user} {probe} probe answer\n");
        // It may be executed, as far as its mode says; the kernel finds out that it is none.
        write_file(daemon.file("broken"), "no program at all");
        REQUIRE(chmod(daemon.file("broken").c_str(), 0755) == 0);
        daemon.reload(with_serve(R"(
{broken} stream tcp4 SERVE {user} {dir}/broken broken
{good}   stream tcp4 nowait {user} {probe} probe answer
)",
                                 serve));
        Client client(daemon.port("broken"));
        CHECK(client.ask("") == "");
        CHECK(client.end() == Client::End::closed);
        daemon.await_output(daemon.file("broken") + ": ");
        CHECK(Client(daemon.port("good")).ask("still here\n") == "still here\n");
        CHECK(daemon.alive());
    }
}

TEST_CASE("a program's status and signal do not disturb the next client") {
    DaemonUnderTest daemon(R"(
{fails}  stream tcp4 nowait {user} {probe} probe exit 3
{dies}   stream tcp4 nowait {user} {probe} probe die 11
{pooled} stream tcp4 prefork {user} {probe} probe die 11
[defaults]
log_on_success = PID EXIT
[{fails}]
id = fails
rlimit_core = 0
[{dies}]
id = dies
rlimit_core = 0
[{pooled}]
id = pooled
rlimit_core = 0
start_servers = 2
min_spare_servers = 1
max_spare_servers = 2
)");
    for (int i = 1; i <= 5; ++i) {
        CHECK(Client(daemon.port("fails")).ask("") == "");
        CHECK(Client(daemon.port("dies")).ask("") == "");
        CHECK(Client(daemon.port("pooled")).ask("") == "");
    }
    daemon.await_lines("EXIT: fails status=3", 5);
    daemon.await_lines("EXIT: dies signal=11", 5);
    daemon.await_lines("EXIT: pooled signal=11", 5);
}

TEST_SUITE_END();
