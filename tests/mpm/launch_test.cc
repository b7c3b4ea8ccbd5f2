// SPDX-License-Identifier: ISC
#include "mpm/launch.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdlib>
#include <set>
#include <string>
#include <vector>

#include "daemon/os/process.h"
#include "daemon/os/socket.h"

using namespace minetd;

namespace {

ServiceSpec shell(const std::string& script) {
    ServiceSpec spec;
    spec.id = spec.name = "test";
    spec.server = "/bin/sh";
    spec.server_args = {"a shell", "-c", script};
    return spec;
}

struct Result {
    int status = 0;
    std::string output;
    Launcher::Failure failure;
};

/// Starts the program on one end of a socket pair and reads what it says until it ends.
Result launch(Launcher& launcher, const ServiceSpec& spec, const SocketAddress& peer = {},
              const SocketAddress& local = {}) {
    const auto plan = make_launch_plan(spec);
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    UniqueFd ours(ends[0]), theirs(ends[1]);
    LaunchSlot* slot = launcher.prepare(plan);
    REQUIRE(slot != nullptr);
    slot->socket = theirs.get();
    slot->peer = peer;
    slot->local = local;
    slot->local_known = local.length > 0;
    const Launcher::Started started = launcher.start(*slot);
    REQUIRE(started.pid > 0);
    theirs.reset();
    Result result;
    char bytes[4096];
    for (ssize_t got; (got = ::read(ours.get(), bytes, sizeof bytes)) > 0;)
        result.output.append(bytes, static_cast<std::size_t>(got));
    REQUIRE(::waitpid(started.pid, &result.status, 0) == started.pid);
    result.failure = launcher.outcome(started.ticket);
    return result;
}

Result launch(const ServiceSpec& spec) {
    Launcher launcher;
    return launch(launcher, spec);
}

std::set<std::string> lines(const std::string& text) {
    std::set<std::string> found;
    for (std::size_t begin = 0, end; (end = text.find('\n', begin)) != std::string::npos;
         begin = end + 1)
        found.insert(text.substr(begin, end - begin));
    return found;
}

}  // namespace

TEST_SUITE("mpm") {
    TEST_CASE("a program gets its argv as written and the socket as 0, 1 and 2") {
        ServiceSpec spec = shell("echo \"$0|$1|$2\"; echo error >&2; exit 3");
        spec.server_args = {"argv0", "-c", spec.server_args[2], "zero", "with blank", ""};
        const Result result = launch(spec);
        CHECK(result.output == "zero|with blank|\nerror\n");
        CHECK(WEXITSTATUS(result.status) == 3);
        CHECK(result.failure.error == 0);
    }

    TEST_CASE("a program leads its group, and a session if asked") {
        const std::string leads =
            "read a b c d e f g </proc/$$/stat; [ \"$e\" = $$ ] && echo group; "
            "[ \"$f\" = $$ ] && echo session; true";
        ServiceSpec spec = shell(leads);
        if (!has_controlling_terminal()) CHECK(launch(spec).output == "group\n");
        spec.session = true;
        CHECK(launch(spec).output == "group\nsession\n");
    }

    TEST_CASE("a program has a clean mask and no descriptor of ours") {
        const Result result = launch(shell(
            "grep -E '^Sig(Blk|Ign)' /proc/$$/status | tr -d '\\t '; ls /proc/$$/fd | wc -l"));
        const std::set<std::string> said = lines(result.output);
        CHECK(said.contains("SigBlk:0000000000000000"));
        CHECK(said.contains("SigIgn:0000000000000000"));
        // 0, 1, 2, and what this shell opened itself on 10 or 255 at the most.
        CHECK((said.contains("3") || said.contains("4")));
    }

    TEST_CASE("the environment says who speaks, and says nothing that is not known") {
        ::setenv("TCPREMOTEIP", "leftover", 1);
        ::setenv("NOTIFY_SOCKET", "/run/notify", 1);
        ::setenv("MINETD_TEST_VALUE", "inherited", 1);
        ServiceSpec spec = shell("env");
        spec.env = {{"OWN", "a b"}};
        const SocketAddress peer = resolve("2001:db8::7", 4711, AF_INET6).front();
        const SocketAddress local = resolve("192.0.2.9", 79, AF_INET).front();
        Launcher launcher;
        const std::set<std::string> known = lines(launch(launcher, spec, peer, local).output);
        for (const char* line :
             {"PROTO=TCP", "TCPREMOTEIP=2001:db8::7", "TCPREMOTEPORT=4711", "TCPLOCALIP=192.0.2.9",
              "TCPLOCALPORT=79", "REMOTE_HOST=2001:db8::7", "REMOTE_ADDR=2001:db8::7",
              "REMOTE_PORT=4711", "OWN=a b", "MINETD_TEST_VALUE=inherited"}) {
            CAPTURE(line);
            CHECK(known.contains(line));
        }
        spec.passenv = {"MINETD_TEST_VALUE"};
        const std::string unknown = launch(launcher, spec).output;
        CAPTURE(unknown);
        CHECK(unknown.find("REMOTE") == std::string::npos);
        CHECK(unknown.find("NOTIFY_SOCKET") == std::string::npos);
        CHECK(unknown.find("MINETD_TEST_VALUE=inherited") != std::string::npos);
        CHECK(unknown.find("HOME=") == std::string::npos);  // not in passenv
        for (const char* name : {"TCPREMOTEIP", "NOTIFY_SOCKET", "MINETD_TEST_VALUE"})
            ::unsetenv(name);
    }

    TEST_CASE("umask, nice, directory, limits and identity are the service's") {
        ServiceSpec spec = shell("umask; nice; pwd; ulimit -c; ulimit -n; id -u; id -g; id -G");
        spec.umask = 027;
        spec.nice = 5;
        spec.chdir = "/usr";
        spec.rlimits = {{RLIMIT_CORE, 0}, {RLIMIT_NOFILE, 77}};
        if (::geteuid() == 0) spec.user = "12345";
        const std::string user = std::to_string(::geteuid() == 0 ? 12345 : ::geteuid());
        CHECK(launch(spec).output.starts_with("0027\n5\n/usr\n0\n77\n" + user + '\n'));
        if (::geteuid() == 0) CHECK(launch(spec).output.ends_with("\n12345\n12345\n12345\n"));
    }

    TEST_CASE("what cannot be started says why, and harms nobody") {
        const struct {
            const char* name;
            void (*change)(ServiceSpec&);
            LaunchStep step;
            int error;
        } rows[] = {
            {"no such program", [](ServiceSpec& spec) { spec.server = "/nonexistent/program"; },
             LaunchStep::exec, ENOENT},
            {"not a program", [](ServiceSpec& spec) { spec.server = "/etc/passwd"; },
             LaunchStep::exec, EACCES},
            {"no such directory", [](ServiceSpec& spec) { spec.chdir = "/nonexistent"; },
             LaunchStep::directory, ENOENT},
            {"no place for errors",
             [](ServiceSpec& spec) {
                 spec.standard_error.kind = StderrTarget::Kind::file;
                 spec.standard_error.path = "/nonexistent/log";
             },
             LaunchStep::error_output, ENOENT},
        };
        Launcher launcher;
        for (const auto& row : rows) {
            CAPTURE(row.name);
            ServiceSpec spec = shell("echo started");
            row.change(spec);
            const Result result = launch(launcher, spec);
            CHECK(result.output.empty());
            CHECK(result.failure.error == row.error);
            CHECK(result.failure.step == row.step);
            CHECK_FALSE(describe(result.failure, *make_launch_plan(spec)).empty());
        }
        ServiceSpec greedy = shell("echo started");
        greedy.rlimits = {{RLIMIT_CORE, 0}, {RLIMIT_NOFILE, 99'999'999'999}};
        const Result refused = launch(launcher, greedy);
        CHECK(refused.failure.step == LaunchStep::limits);
        CHECK(describe(refused.failure, *make_launch_plan(greedy))
                  .starts_with("rlimit_nofile = 99999999999: "));
        CHECK(launch(launcher, shell("echo started")).output == "started\n");
        ServiceSpec unknown = shell("true");
        unknown.user = "no-such-user";
        CHECK_THROWS(make_launch_plan(unknown));
    }

    TEST_CASE("standard error goes where it is told") {
        ServiceSpec spec = shell("echo out; echo err >&2");
        spec.standard_error.kind = StderrTarget::Kind::null;
        CHECK(launch(spec).output == "out\n");
    }

    TEST_CASE("a limit of open files is the program's, not that of its start") {
        std::vector<UniqueFd> ours;
        for (int i = 0; i < 20; ++i) {
            ours.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
            REQUIRE(ours.back());
        }
        ServiceSpec spec = shell("ulimit -n; ulimit -Hn; echo error >&2");
        spec.rlimits = {{RLIMIT_NOFILE, 12}};
        for (const auto kind : {StderrTarget::Kind::null, StderrTarget::Kind::file}) {
            spec.standard_error.kind = kind;
            spec.standard_error.path = kind == StderrTarget::Kind::file ? "/dev/full" : "";
            const Result result = launch(spec);
            CHECK(result.output == "12\n12\n");
            CHECK(result.failure.error == 0);
        }
    }

    TEST_CASE("many starts at once all arrive, none waits for another, and slots come back") {
        Launcher launcher;
        const auto plan = make_launch_plan(shell("read line; exit 9"));
        std::vector<std::pair<pid_t, Launcher::Ticket>> started;
        std::vector<UniqueFd> peers;
        for (int i = 0; i < 100; ++i) {
            int ends[2];
            REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
            peers.emplace_back(ends[0]);
            const UniqueFd theirs(ends[1]);
            LaunchSlot* slot = launcher.prepare(plan);
            REQUIRE(slot != nullptr);
            slot->socket = theirs.get();
            const Launcher::Started child = launcher.start(*slot);
            REQUIRE(child.pid > 0);
            started.emplace_back(child.pid, child.ticket);
        }
        for (const UniqueFd& peer : peers) REQUIRE(::send(peer.get(), "\n", 1, MSG_NOSIGNAL) == 1);
        for (const auto& [pid, ticket] : started) {
            int status = 0;
            REQUIRE(::waitpid(pid, &status, 0) == pid);
            CHECK(WEXITSTATUS(status) == 9);
            CHECK(launcher.outcome(ticket).error == 0);
        }
    }
}
