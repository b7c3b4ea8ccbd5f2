// SPDX-License-Identifier: ISC
// Real cgroups, below one that the test makes in the cgroup2 hierarchy: who is in which, what a
// reload writes and removes, and that nothing outlives a stop. No controller is needed here; those
// are tried in a system of its own (tests/systemd).
#include "daemon/os/cgroup.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/integration/client.h"
#include "tests/integration/daemon_under_test.h"

using namespace minetd;
namespace fs = std::filesystem;

namespace {

/// A cgroup of the test's own, gone at the end.
class TestCgroup {
  public:
    TestCgroup() {
        const std::string own = own_cgroup();
        if (own.empty()) return;
        const fs::path path = fs::path(own) / ("minetd-test-" + std::to_string(::getpid()));
        if (::mkdir(path.c_str(), 0755) < 0) return;
        // A hierarchy that kills is one that starts in place too (Linux 5.14).
        if (fs::exists(path / "cgroup.kill"))
            path_ = path;
        else
            ::rmdir(path.c_str());
    }
    ~TestCgroup() {
        if (path_.empty()) return;
        std::error_code error;
        for (int round = 0; round < 100 && fs::exists(path_, error); ++round) {
            for (const auto& entry : fs::directory_iterator(path_, error))
                if (entry.is_directory(error)) ::rmdir(entry.path().c_str());
            if (::rmdir(path_.c_str()) < 0) ::poll(nullptr, 0, 20);
        }
    }
    TestCgroup(const TestCgroup&) = delete;
    TestCgroup& operator=(const TestCgroup&) = delete;

    /// False, and says so, where none can be made.
    bool there() const {
        if (path_.empty())
            MESSAGE("skipped: needs a cgroup2 hierarchy that it may write to, and Linux 5.14");
        return !path_.empty();
    }
    std::string path() const { return path_; }
    std::set<pid_t> processes(const std::string& name) const {
        std::set<pid_t> found;
        std::istringstream text(read_file(path_ / name / "cgroup.procs"));
        for (pid_t pid; text >> pid;) found.insert(pid);
        return found;
    }
    bool has(const std::string& name) const { return fs::exists(path_ / name); }
    void await_gone(const std::string& name) const {
        for (int waited = 0; has(name) && waited < patience_ms; waited += 10)
            ::poll(nullptr, 0, 10);
        CHECK_FALSE(has(name));
    }
    /// The last part of what a process says its cgroup is.
    static std::string name_in(const std::string& membership) {
        const std::size_t at = membership.find("0::/");
        REQUIRE(at != std::string::npos);
        const std::string path = membership.substr(at, membership.find('\n', at) - at);
        return path.substr(path.rfind('/') + 1);
    }

  private:
    fs::path path_;
};

/// A program that leaves a daemon behind and says its pid.
constexpr const char* leaver =
    "/bin/sh sh -c \"setsid sleep 1000 </dev/null >/dev/null 2>&1 & echo $!\"";

}  // namespace

TEST_SUITE_BEGIN("cgroup");

TEST_CASE("whoever serves a service is in its cgroup, and the daemon in one beside them") {
    TestCgroup cgroup;
    if (!cgroup.there()) return;
    DaemonUnderTest daemon(R"(
{nowait}   stream tcp4 nowait  {user} /bin/cat cat /proc/self/cgroup
{prefork}  stream tcp4 prefork {user} /bin/cat cat /proc/self/cgroup
{event}    stream tcp4 event   {user} internal echo
{builtin}  stream tcp4 nowait  {user} internal echo
[minetd]
cgroup = )" + cgroup.path() +
                           "\n");
    CHECK(cgroup.processes("main").contains(daemon.pid()));
    for (const char* word : {"nowait", "prefork"}) {
        CAPTURE(word);
        const std::uint16_t port = daemon.port(word);
        for (int n = 0; n < 3; ++n)
            CHECK(TestCgroup::name_in(Client(port).rest()) == std::to_string(port) + "-tcp4");
    }
    // One that somebody removed meanwhile is made anew.
    const std::string nowait = std::to_string(daemon.port("nowait")) + "-tcp4";
    for (int waited = 0; cgroup.has(nowait) && waited < patience_ms; waited += 10)
        if (::rmdir((cgroup.path() + "/" + nowait).c_str()) < 0) ::poll(nullptr, 0, 10);
    CHECK(TestCgroup::name_in(Client(daemon.port("nowait")).rest()) == nowait);
    for (const char* word : {"event", "builtin"}) {
        CAPTURE(word);
        Client client(daemon.port(word));
        client.send("hello\n");
        CHECK(client.line() == "hello\n");
        const auto inside = cgroup.processes(std::to_string(daemon.port(word)) + "-tcp4");
        CHECK_FALSE(inside.empty());
        CHECK_FALSE(inside.contains(daemon.pid()));
    }
    // A pool's keeper and its servers: nobody of it is elsewhere.
    CHECK(cgroup.processes(std::to_string(daemon.port("prefork")) + "-tcp4").size() >= 2);
    CHECK(cgroup.processes("main").size() == 1);
    CHECK(daemon.lines_with("cgroup") == 0);
    daemon.stop();
    for (const char* word : {"nowait", "prefork", "event", "builtin"})
        CHECK_FALSE(cgroup.has(std::to_string(daemon.port(word)) + "-tcp4"));
}

TEST_CASE("what made itself a daemon ends with its service, and with minetd") {
    TestCgroup cgroup;
    if (!cgroup.there()) return;
    const std::string line = std::string("{NAME} stream tcp4 nowait {user} ") + leaver + '\n';
    const auto lines = [&](const std::string& name) {
        std::string text = line;
        return text.replace(text.find("NAME"), 4, name);
    };
    const std::string rest = "[minetd]\ncgroup = " + cgroup.path() + '\n';
    DaemonUnderTest daemon(lines("gone") + lines("kept") + rest);
    const std::string gone = std::to_string(daemon.port("gone")) + "-tcp4",
                      kept = std::to_string(daemon.port("kept")) + "-tcp4";
    const pid_t first = std::stoi(Client(daemon.port("gone")).rest()),
                second = std::stoi(Client(daemon.port("kept")).rest());
    CHECK(cgroup.processes(gone).contains(first));
    CHECK(cgroup.processes(kept).contains(second));
    daemon.reload(lines("kept") + rest);
    cgroup.await_gone(gone);
    CHECK(::kill(second, 0) == 0);
    daemon.stop();
    CHECK_FALSE(cgroup.has(kept));
}

TEST_CASE("cgroups of an earlier minetd are taken up again, sessions in them and all") {
    TestCgroup cgroup;
    if (!cgroup.there()) return;
    const std::string lines =
        std::string("{leave} stream tcp4 nowait {user} ") + leaver +
        "\n[minetd]\ngraceful_shutdown_timeout = 1\ncgroup = " + cgroup.path() + '\n';
    pid_t left = 0;
    std::string text;
    {
        DaemonUnderTest before(lines);
        text = before.expand(lines);
        left = std::stoi(Client(before.port("leave")).rest());
        before.signal(SIGQUIT);
        before.await_exit();
    }
    CHECK(::kill(left, 0) == 0);
    DaemonUnderTest after(text);
    const std::string name = text.substr(0, text.find(' ')) + "-tcp4";
    CHECK(cgroup.processes(name).contains(left));
    const std::uint16_t port = static_cast<std::uint16_t>(std::stoi(text));
    const pid_t another = std::stoi(Client(port).rest());
    CHECK(cgroup.processes(name).contains(another));
    after.stop();
    CHECK_FALSE(cgroup.has(name));
}

TEST_CASE(
    "who was connected when an earlier minetd crashed has a stop's time, and a service's end") {
    TestCgroup cgroup;
    if (!cgroup.there()) return;
    const std::string rest = "[minetd]\ncgroup = " + cgroup.path() + '\n';
    std::string lines =
        "{program} stream tcp4 nowait {user} /bin/cat cat\n"
        "{pool}    stream tcp4 prefork {user} internal echo\n"
        "{gone}    stream tcp4 nowait {user} /bin/cat cat\n";
    std::vector<std::unique_ptr<Client>> guests;
    const auto are_served = [&] {
        for (const auto& guest : guests) {
            guest->send("hello\n");
            CHECK(guest->line() == "hello\n");
        }
    };
    {
        DaemonUnderTest before(lines + rest);
        lines = before.expand(lines);
        for (const char* name : {"program", "pool", "gone"})
            guests.push_back(std::make_unique<Client>(before.port(name)));
        are_served();
        before.signal(SIGKILL);
        before.await_exit();
    }
    DaemonUnderTest after(lines + rest);
    are_served();
    after.reload(lines.substr(0, lines.rfind('\n', lines.size() - 2) + 1) + rest);
    are_served();
    const std::size_t begin = after.output().size();
    after.signal(SIGTERM);
    after.await_output("stopping; waiting for ", begin);
    are_served();
    guests.clear();
    CHECK(after.await_exit() == 0);
    CHECK(after.output().find("asked to end") == std::string::npos);
}

TEST_CASE("a status page shows what each service's cgroup uses, if the kernel counts it there") {
    TestCgroup cgroup;
    if (!cgroup.there()) return;
    const std::string services = R"(
{echo}    stream tcp4 event   {user} internal echo
{program} stream tcp4 prefork {user} /bin/cat cat
{page}    stream tcp4 event   {user} internal status
)";
    DaemonUnderTest daemon(services + "[minetd]\ncgroup = " + cgroup.path() + "\n");
    for (const char* word : {"echo", "program"}) {
        Client client(daemon.port(word));
        client.send("x\n");
        CHECK(client.line() == "x\n");
    }
    const std::string page = std::to_string(daemon.port("page")) + "-tcp4/";
    for (const char* file : {"memory.current", "pids.current"})
        if (!cgroup.has(page + file))
            MESSAGE("SKIPPED: the kernel keeps no " << std::string(file)
                                                    << " here; that there is none is checked");
    for (const char* word : {"echo", "program", "page"}) {
        const std::string name = std::to_string(daemon.port(word));
        CAPTURE(name);
        const struct {
            const char *file, *key;
        } rows[] = {{"memory.current", "memory_current"}, {"pids.current", "tasks_current"}};
        for (const auto& row : rows) {
            const bool counted = cgroup.has(name + "-tcp4/" + row.file);
            std::string json;
            const auto shown = [&] {
                json = Client(daemon.port("page")).ask("GET /" + name + "?json HTTP/1.0\r\n\r\n");
                return json.find("\"" + std::string(row.key) + "\":") != std::string::npos;
            };
            if (counted)
                daemon.await(shown, row.key);
            else
                CHECK_FALSE(shown());
            CHECK(json.find("\"id\":\"" + name + '"') != std::string::npos);
        }
    }
}

TEST_CASE("a limit whose controller is missing is told once, and nothing else changes") {
    TestCgroup cgroup;
    if (!cgroup.there()) return;
    if (read_file(cgroup.path() + "/cgroup.controllers").find("memory") != std::string::npos) {
        MESSAGE("skipped: this host has the memory controller in cgroup2");
        return;
    }
    const std::string lines = "{a} stream tcp4 nowait {user} /bin/cat cat\n" +
                              std::string("{b} stream tcp4 nowait {user} /bin/cat cat\n");
    const std::string rest =
        "[defaults]\nmemory_max = 64m\n[minetd]\ncgroup = " + cgroup.path() + '\n';
    DaemonUnderTest daemon(lines + rest);
    CHECK(daemon.lines_with("memory_max is not kept: the controller memory is not available") == 1);
    CHECK(Client(daemon.port("a")).ask("x\n") == "x\n");
    daemon.reload(lines + rest);
    CHECK(daemon.lines_with("is not kept") == 1);
    CHECK(Client(daemon.port("b")).ask("x\n") == "x\n");
}

TEST_SUITE_END();
