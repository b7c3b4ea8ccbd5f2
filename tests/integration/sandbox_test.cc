// SPDX-License-Identifier: ISC
// Each sandbox attribute by the kernel's answer to whoever tries what it forbids: a program and a
// module under every way of serving them.
#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "daemon/os/seccomp_filter.h"
#include "tests/integration/client.h"
#include "tests/integration/daemon_under_test.h"
#include "tests/integration/process_tree.h"
#include "tests/integration/sandbox_cases.h"

using namespace minetd;

namespace {

namespace fs = std::filesystem;

std::string status_of(pid_t pid, const std::string& name) {
    const std::string text = read_file("/proc/" + std::to_string(pid) + "/status");
    const std::size_t at = text.find("\n" + name + ":\t");
    return at == std::string::npos
               ? ""
               : text.substr(at + name.size() + 3, text.find('\n', at + 1) - at - name.size() - 3);
}

}  // namespace

TEST_SUITE_BEGIN("sandbox");

TEST_CASE("what is forbidden meets the kernel's refusal, whoever serves it and however") {
    const Ground ground;
    if (::geteuid() == 0) ground.make_jail();
    for (const SandboxCase& one : sandbox_cases())
        if (const std::string why = missing(one); !why.empty())
            MESSAGE("SKIPPED: " << std::string(one.name) << ": " << why);
    for (const SandboxedWay& way : sandboxed_ways()) {
        CAPTURE(std::string(way.serve));
        CAPTURE(std::string(way.program));
        // A listener of the host's, that a service in a network of its own cannot reach.
        std::string configuration = "{listener} stream tcp4 nowait {user} internal discard\n";
        std::string sections;
        for (const SandboxCase& one : sandbox_cases()) {
            if (!missing(one).empty()) continue;
            const std::string text = configured(ground, way, one, one.settings);
            configuration += text.substr(0, text.find('\n') + 1);
            sections += text.substr(text.find('\n') + 1);
        }
        DaemonUnderTest daemon(configuration + sections);
        for (const SandboxCase& one : sandbox_cases()) {
            if (!missing(one).empty()) continue;
            CAPTURE(std::string(one.name));
            check_tries(daemon, ground, one);
        }
    }
}

TEST_CASE("a reload puts programs and pools into each sandbox, and out of it again") {
    const Ground ground;
    const fs::path marker = "/var/tmp/minetd-sandbox-" + std::to_string(::getpid());
    const std::string list_marker = "list " + marker.string();
    fs::create_directory(marker);
    for (const SandboxedWay& way :
         {sandboxed_ways()[0], sandboxed_ways()[2], sandboxed_ways()[4], sandboxed_ways()[7]}) {
        CAPTURE(std::string(way.serve));
        CAPTURE(std::string(way.program));
        const std::string listener = "{listener} stream tcp4 nowait {user} internal discard\n";
        const auto lines = [&](const std::string& settings) {
            const SandboxCase again{.name = "again", .settings = "", .tries = {}};
            return listener + configured(ground, way, again, settings);
        };
        DaemonUnderTest daemon(lines(""));
        // An older server may take a connection while its successor starts.
        const auto await_answer = [&](const char* what, const std::string& answer) {
            std::string last;
            for (int tries = 0; tries < 500; ++tries) {
                Client client(daemon.port("again"));
                client.send(daemon.expand(ground.fill(what)) + "\n");
                if ((last = client.line()) == answer + "\n") break;
                ::usleep(10'000);
            }
            CHECK(last == answer + "\n");
        };
        struct {
            const char* settings;
            const char* what;
            const char *inside, *outside;
            bool root = true;
        } const rows[] = {
            {"seccomp = ~ptrace\n", "ptrace", "EPERM", "ESRCH", false},
            {"landlock_read = @/forbidden.so\nlandlock_execute = @/probe /usr /lib /lib64\n",
             "read @/secret", "EACCES", "ok", false},
            {"no_new_privs = yes\n", "run @/gain", "65534", "0"},
            {"capabilities = net_bind_service\n", "bind 91", "ok", "EACCES"},
            {"private_network = yes\n", "connect {listener}", "ECONNREFUSED", "ok"},
            {"read_only = yes\n", "write @/open/file", "EROFS", "ok"},
            {"private_tmp = yes\n", list_marker.c_str(), "ENOENT", "empty"},
        };
        for (const auto& row : rows) {
            const SandboxCase one{
                .name = "", .settings = row.settings, .tries = {}, .root = row.root};
            if (const std::string why = missing(one); !why.empty()) {
                MESSAGE("SKIPPED: " << std::string(row.settings) << why);
                continue;
            }
            CAPTURE(std::string(row.settings));
            await_answer(row.what, row.outside);
            daemon.reload(lines(row.settings));
            await_answer(row.what, row.inside);
            daemon.reload(lines(""));
        }
        await_answer("ptrace", "ESRCH");
    }
    fs::remove(marker);
}

TEST_CASE(
    "a call that is to kill ends its program or server, and a record or message says by what") {
    if (!seccomp::available()) {
        MESSAGE("SKIPPED: minetd was built without libseccomp");
        return;
    }
    const Ground ground;
    for (const SandboxedWay& way :
         {sandboxed_ways()[0], sandboxed_ways()[2], sandboxed_ways()[5], sandboxed_ways()[7]}) {
        CAPTURE(std::string(way.serve));
        CAPTURE(std::string(way.program));
        const SandboxCase one{.name = "killed", .settings = "", .tries = {}};
        DaemonUnderTest daemon(
            configured(ground, way, one,
                       "seccomp = ~ptrace\nseccomp_action = kill\nlog_on_success = PID EXIT\n"));
        Client client(daemon.port("killed"));
        client.send("uid\n");
        CHECK(client.line() == std::to_string(test_uid()) + "\n");
        CHECK(client.ask("ptrace\nuid\n").empty());
        daemon.await_output(way.module ? "was killed by signal 31" : "signal=31");
        // The next one is served as if nothing had been.
        CHECK(Client(daemon.port("killed")).ask("uid\n") == std::to_string(test_uid()) + "\n");
    }
}

TEST_CASE("a service has one /tmp, until the service changes, and the host never sees it") {
    if (::geteuid() != 0) {
        MESSAGE("SKIPPED: private_tmp takes root");
        return;
    }
    const Ground ground;
    const std::string before = ground.fill(
        "{a} stream tcp4 nowait {user} @/probe probe try\n"
        "{b} stream tcp4 nowait {user} @/probe probe try\n"
        "[{a}]\nprivate_tmp = yes\n[{b}]\nprivate_tmp = yes\n");
    DaemonUnderTest daemon(before);
    const auto ask = [&](const char* service, const std::string& what) {
        return Client(daemon.port(service)).ask(what + "\n");
    };
    CHECK(ask("a", "write /tmp/of-a") == "ok\n");
    CHECK(ask("a", "list /tmp") == "of-a\n");
    CHECK(ask("b", "list /tmp") == "empty\n");
    CHECK_FALSE(fs::exists("/tmp/of-a"));
    // Another nice value is no other sandbox.
    daemon.reload(before + "nice = 1\n[{a}]\nnice = 1\n");
    CHECK(ask("a", "list /tmp") == "of-a\n");
    daemon.reload(before + "[{a}]\nno_new_privs = yes\n");
    CHECK(ask("a", "list /tmp") == "empty\n");
}

TEST_CASE(
    "builtins have a filter and no way to more rights unasked, and serve under a full sandbox") {
    const Ground ground;
    const std::string restricted =
        ::geteuid() == 0
            ? "chroot = @/jail\nread_only = yes\nprivate_network = yes\nprivate_tmp = yes\n"
            : "";
    if (::geteuid() == 0) ground.make_jail();
    DaemonUnderTest daemon(
        ground.fill("{echo} stream tcp4 event {user} internal\n"
                    "{http} stream tcp4 event {user} internal http " +
                    std::string(::geteuid() == 0 ? "/" : "@/") +
                    "\n{daytime} stream tcp4 nowait {user} internal daytime\n"
                    "[{echo}]\nbuiltin = echo\nstart_servers = 1\n[{http}]\nstart_servers = 1\n" +
                    restricted));
    CHECK(Client(daemon.port("echo")).ask("hello\n") == "hello\n");
    CHECK(Client(daemon.port("daytime")).ask("").size() > 10);
    const std::string path = ::geteuid() == 0 ? "/inside" : "/secret";
    const std::string file = Client(daemon.port("http")).ask("GET " + path + " HTTP/1.0\r\n\r\n");
    CHECK(file.find("200 OK") != std::string::npos);
    CHECK(file.substr(file.size() - 6) == path.substr(1));
    unsigned filtered = 0, bare = 0;
    for (const ProcessView& process : descendants(daemon.pid())) {
        const bool serves = status_of(process.pid, "Seccomp") == "2";
        (serves ? filtered : bare) += 1;
        if (serves) CHECK(status_of(process.pid, "NoNewPrivs") == "1");
    }
    // Two servers of pools and the process of daytime; the keepers of pools see no client's byte.
    CHECK(filtered == (seccomp::available() ? 3U : 0U));
    CHECK(bare == (seccomp::available() ? 2U : 5U));
}

TEST_CASE("a sandbox that cannot be entered costs the client its connection, and says why") {
    if (::geteuid() != 0) {
        MESSAGE("SKIPPED: chroot takes root");
        return;
    }
    const Ground ground;
    ground.make_jail();
    DaemonUnderTest daemon(
        ground.fill("{gone} stream tcp4 nowait {user} /probe probe try\n[{gone}]\nchroot = @/jail\n"
                    "log_on_failure = HOST\n"));
    CHECK(Client(daemon.port("gone")).ask("uid\n") == "65534\n");
    fs::rename(ground.fill("@/jail"), ground.fill("@/moved"));
    CHECK(Client(daemon.port("gone")).ask("uid\n").empty());
    daemon.await_output("cannot enter the root directory " + ground.fill("@/jail") +
                        " (chroot): No such file or directory");
    fs::rename(ground.fill("@/moved"), ground.fill("@/jail"));
    fs::rename(ground.fill("@/jail/lib64"), ground.fill("@/jail/loader"));
    CHECK(Client(daemon.port("gone")).ask("uid\n").empty());
    daemon.await_output("which must have the program, its loader and libraries");
}

TEST_SUITE_END();
