// SPDX-License-Identifier: ISC
// Each sandbox attribute by the kernel's answer to whoever tries what it forbids (forbidden.h): a
// program and a module under every way of serving them.
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "daemon/os/capabilities.h"
#include "daemon/os/landlock.h"
#include "daemon/os/seccomp_filter.h"
#include "tests/integration/client.h"
#include "tests/integration/daemon_under_test.h"
#include "tests/integration/process_tree.h"

using namespace minetd;

namespace {

namespace fs = std::filesystem;

/// Files beside /tmp, which a service may have for itself: programs and modules to be served, and
/// what they try to reach.
class Ground {
  public:
    Ground() {
        char name[] = "/var/minetd-test-XXXXXX";
        REQUIRE(::mkdtemp(name) != nullptr);
        path_ = name;
        ::chmod(name, 0755);
        install("");
        for (const char* directory : {"open", "closed"}) make(path_ + "/" + directory);
        fs::copy_file(path_ + "/probe", path_ + "/gain");
        ::chmod((path_ + "/gain").c_str(), 04755);
        write_file(path_ + "/secret", "secret");
        write_file(path_ + "/owned", "");
    }
    ~Ground() { fs::remove_all(path_); }
    Ground(const Ground&) = delete;
    Ground& operator=(const Ground&) = delete;

    /// A root directory in which the probe can run, and the module be opened.
    void make_jail() const {
        for (const char* directory : {"", "/tmp", "/open"}) make(path_ + "/jail" + directory);
        install("/jail");
        write_file(path_ + "/jail/inside", "inside");
        FILE* const list = ::popen(("ldd " + path_ + "/probe").c_str(), "r");
        REQUIRE(list != nullptr);
        char line[4096];
        while (std::fgets(line, sizeof line, list) != nullptr) {
            const std::string text = line;
            const std::size_t begin = text.find('/'), end = text.find(' ', begin);
            if (begin == std::string::npos) continue;
            const fs::path file = text.substr(begin, end - begin);
            const fs::path copy = path_ + "/jail" + file.string();
            fs::create_directories(copy.parent_path());
            fs::copy_file(file, copy);
        }
        REQUIRE(::pclose(list) == 0);
    }

    /// `@` is the ground's directory.
    std::string fill(std::string text) const {
        for (std::size_t at; (at = text.find("@/")) != std::string::npos;)
            text.replace(at, 1, path_);
        return text;
    }

  private:
    static void make(const std::string& directory) {
        fs::create_directories(directory);
        ::chmod(directory.c_str(), 01777);
    }
    void install(const std::string& below) const {
        const std::string modules = std::getenv("MINETD_MODULES");
        fs::copy_file(std::getenv("MINETD_PROBE"), path_ + below + "/probe");
        fs::copy_file(modules + "/forbidden.so", path_ + below + "/forbidden.so");
        for (const char* file : {"/probe", "/forbidden.so"})
            ::chmod((path_ + below + file).c_str(), 0755);
    }

    std::string path_;
};

struct Way {
    const char* serve;
    const char* program;  ///< AT is where the ground is for the service
    const char* more = "";
    bool module = false;
};
constexpr Way ways[] = {
    {"nowait", "AT/probe probe try"},
    {"wait", "AT/probe probe try-wait"},
    {"prefork", "AT/probe probe try"},
    {"prefork", "AT/probe probe try-resident", "accept = yes\nstart_servers = 1\n"},
    {"nowait", "internal AT/forbidden.so", "", true},
    {"prefork", "internal AT/forbidden.so", "start_servers = 2\n", true},
    {"worker", "internal AT/forbidden.so", "start_servers = 1\n", true},
    {"event", "internal AT/forbidden.so", "start_servers = 1\n", true},
};

struct Case {
    const char* name;
    const char* settings;
    std::vector<std::pair<const char*, const char*>> tries;  ///< what is tried, and the answer
    bool root = false;                                       ///< takes root
    const char* user = "{user}";
    bool jailed = false;
};

const std::vector<Case>& cases() {
    static const std::vector<Case> all = {
        {"nothing",
         "",
         {{"ptrace", "ESRCH"},
          {"mount", "EPERM"},
          {"connect {listener}", "ok"},
          {"write @/open/file", "ok"},
          {"read @/secret", "ok"},
          {"run @/gain", "0"},
          {"bind 91", "EACCES"},
          {"raise", "EPERM"},
          {"chroot", "EPERM"},
          {"run @/probe", "65534"}},
         true},
        {"no_new_privs", "no_new_privs = yes\n", {{"run @/gain", "65534"}, {"uid", "65534"}}, true},
        {"net_bind_service",
         "capabilities = net_bind_service\n",
         {{"bind 91", "ok"},
          {"raise", "EPERM"},
          {"chown @/owned", "EPERM"},
          {"mount", "EPERM"},
          {"run @/gain", "0"},
          {"uid", "65534"}},
         true},
        {"no_capability",
         "capabilities = none\n",
         {{"uid", "0"},
          {"mount", "EPERM"},
          {"raise", "EPERM"},
          {"bind 91", "EACCES"},
          {"chown @/secret", "EPERM"},
          {"chroot", "EPERM"}},
         true,
         "root"},
        {"forbidden_calls",
         "seccomp = ~@mount ~ptrace\n",
         {{"ptrace", "EPERM"}, {"mount", "EPERM"}, {"chroot", "EPERM"}, {"lo", "ok"}},
         false},
        {"allowed_calls",
         "seccomp = @system-service ~bind\n",
         {{"ptrace", "EPERM"}, {"mount", "EPERM"}, {"bind 0", "EPERM"}, {"read @/secret", "ok"}},
         false},
        {"filtered_root",
         "seccomp = ~@mount\n",
         {{"uid", "0"}, {"mount", "EPERM"}, {"chroot", "EPERM"}, {"ptrace", "ESRCH"}},
         true,
         "root"},
        {"private_tmp",
         "private_tmp = yes\n",
         {{"list /tmp", "empty"},
          {"list /var/tmp", "empty"},
          {"write /tmp/own", "ok"},
          {"list /tmp", "own"},
          {"read @/secret", "ok"}},
         true},
        {"private_network",
         "private_network = yes\n",
         {{"connect {listener}", "ECONNREFUSED"}, {"lo", "ok"}},
         true},
        {"read_only",
         "read_only = yes\nread_write_paths = @/open\n",
         {{"write @/closed/file", "EROFS"},
          {"write /tmp/minetd-test-file", "EROFS"},
          {"write /dev/shm/minetd-test-file", "EROFS"},
          {"write /dev/null", "ok"},
          {"write @/open/file", "ok"},
          {"read @/secret", "ok"}},
         true},
        {"landlock",
         "landlock_read = /dev/null @/forbidden.so\nlandlock_write = @/open\nlandlock_execute = "
         "@/probe /usr /lib "
         "/lib64\n",
         {{"read @/secret", "EACCES"},
          {"write @/closed/file", "EACCES"},
          {"list /tmp", "EACCES"},
          {"run @/gain", "EACCES"},
          {"write @/open/file", "ok"},
          {"read @/open/file", "ok"},
          {"run @/probe", "UID"}},
         false},
        {"chroot",
         "chroot = @/jail\n",
         {{"read /inside", "ok"},
          {"read @/secret", "ENOENT"},
          {"read /../../../etc/passwd", "ENOENT"},
          {"chroot", "EPERM"}},
         true,
         "{user}",
         true},
        {"everything",
         "chroot = @/jail\nread_only = yes\nread_write_paths = /open\nprivate_tmp = yes\n"
         "private_network = yes\ncapabilities = net_bind_service\nno_new_privs = yes\n"
         "seccomp = @system-service ~@privileged\nlandlock_read = /inside\n"
         "landlock_write = /open /tmp\nlandlock_execute = /lib /lib64 /probe /forbidden.so\n",
         {{"read /inside", "ok"},
          {"write /inside", "EACCES"},
          {"write /open/file", "ok"},
          {"write /tmp/own", "ok"},
          {"list /", "EACCES"},
          {"connect {listener}", "ECONNREFUSED"},
          {"bind 91", "ok"},
          {"raise", "EPERM"},
          {"chroot", "EPERM"},
          {"mount", "EPERM"},
          {"ptrace", "EPERM"},
          {"uid", "65534"}},
         true,
         "{user}",
         true},
    };
    return all;
}

/// Why a case cannot be tried here; empty if it can.
std::string missing(const Case& one) {
    const std::string settings = one.settings;
    const auto uses = [&](const char* word) { return settings.find(word) != std::string::npos; };
    if (one.root && ::geteuid() != 0) return "it takes root";
    if (uses("seccomp") && !seccomp::available()) return "minetd was built without libseccomp";
    if (uses("capabilities") && !capability::available()) return "built without libcap-ng";
    if (uses("landlock") && landlock_version() == 0) return "this kernel has no landlock";
    return {};
}

/// A landlock of what a module's process need not start is told to have no effect, and has none.
std::string configured(const Ground& ground, const Way& way, const Case& one,
                       const std::string& settings) {
    std::string program = way.program;
    program.replace(program.find("AT"), 2, one.jailed ? "" : "@");
    std::string text = "{" + std::string(one.name) + "} stream tcp4 " + way.serve + " " + one.user +
                       " " + program + "\n[{" + one.name + "}]\n" + way.more + settings;
    return ground.fill(text);
}

void check_tries(DaemonUnderTest& daemon, const Ground& ground, const Case& one) {
    Client client(daemon.port(one.name));
    for (const auto& one_try : one.tries) {
        const auto& what = one_try.first;
        const auto& answer = one_try.second;
        CAPTURE(std::string(what));
        client.send(daemon.expand(ground.fill(what)) + "\n");
        const std::string expected =
            std::string(answer) == "UID" ? std::to_string(test_uid()) : answer;
        CHECK(client.line() == expected + "\n");
    }
}

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
    for (const Case& one : cases())
        if (const std::string why = missing(one); !why.empty())
            MESSAGE("SKIPPED: " << std::string(one.name) << ": " << why);
    for (const Way& way : ways) {
        CAPTURE(std::string(way.serve));
        CAPTURE(std::string(way.program));
        // A listener of the host's, that a service in a network of its own cannot reach.
        std::string configuration = "{listener} stream tcp4 nowait {user} internal discard\n";
        std::string sections;
        for (const Case& one : cases()) {
            if (!missing(one).empty()) continue;
            const std::string text = configured(ground, way, one, one.settings);
            configuration += text.substr(0, text.find('\n') + 1);
            sections += text.substr(text.find('\n') + 1);
        }
        DaemonUnderTest daemon(configuration + sections);
        for (const Case& one : cases()) {
            if (!missing(one).empty()) continue;
            CAPTURE(std::string(one.name));
            check_tries(daemon, ground, one);
        }
    }
}

TEST_CASE("a reload puts programs and pools into each sandbox, and out of it again") {
    const Ground ground;
    for (const Way& way : {ways[0], ways[2], ways[4], ways[7]}) {
        CAPTURE(std::string(way.serve));
        CAPTURE(std::string(way.program));
        const std::string listener = "{listener} stream tcp4 nowait {user} internal discard\n";
        const auto lines = [&](const std::string& settings) {
            const Case again{.name = "again", .settings = "", .tries = {}};
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
            {"private_tmp = yes\n", "list /var/tmp/minetd-sandbox", "ENOENT", "empty"},
        };
        const fs::path marker = "/var/tmp/minetd-sandbox";
        fs::create_directory(marker);
        for (const auto& row : rows) {
            const Case one{.name = "", .settings = row.settings, .tries = {}, .root = row.root};
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
        fs::remove(marker);
    }
}

TEST_CASE(
    "a call that is to kill ends its program or server, and a record or message says by what") {
    if (!seccomp::available()) {
        MESSAGE("SKIPPED: minetd was built without libseccomp");
        return;
    }
    const Ground ground;
    for (const Way& way : {ways[0], ways[2], ways[5], ways[7]}) {
        CAPTURE(std::string(way.serve));
        CAPTURE(std::string(way.program));
        const Case one{.name = "killed", .settings = "", .tries = {}};
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
