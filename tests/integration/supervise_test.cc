// SPDX-License-Identifier: ISC
// `minetd --supervise`: whoever comes while the daemon is dead is served by the next one. Under
// load: loss_test.cc.
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "daemon/os/outgoing_message.h"
#include "daemon/os/systemd.h"
#include "tests/integration/at_once.h"
#include "tests/integration/client.h"
#include "tests/integration/daemon_under_test.h"
#include "tests/integration/lacks.h"
#include "tests/integration/process_tree.h"

using namespace minetd;

namespace {

using namespace std::chrono_literals;

const std::vector<std::string> supervised = {"--supervise"};
constexpr char echo[] = "{echo} stream tcp4 nowait {user} internal echo\n";

/// Kills the daemon, and waits until the next one serves; its pid.
pid_t kill_daemon(DaemonUnderTest& minetd) {
    minetd.await_loop();
    const std::size_t before = minetd.output().size();
    const pid_t former = only_child(minetd.pid());
    REQUIRE(former > 0);
    REQUIRE(::kill(former, SIGKILL) == 0);
    minetd.await_output("supervisor: the daemon was killed by signal 9", before);
    minetd.await_output("ready: ", before);
    const pid_t next = only_child(minetd.pid());
    CHECK(next != former);
    return next;
}

/// Runs minetd with these words. It may say what it likes.
pid_t launch(std::vector<std::string> words, const std::vector<std::string>& environment = {}) {
    words.insert(words.begin(), from_environment("MINETD"));
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const pid_t pid = ::fork();
    REQUIRE(pid >= 0);
    if (pid == 0) {
        for (const std::string& variable : environment) ::putenv(::strdup(variable.c_str()));
        ::execv(argv[0], argv.data());
        ::_exit(127);
    }
    return pid;
}

/// Its exit status; -1: a signal.
int await(pid_t pid) {
    int status = 0;
    REQUIRE(::waitpid(pid, &status, 0) == pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int run(std::vector<std::string> words, const std::vector<std::string>& environment = {}) {
    return await(launch(std::move(words), environment));
}

/// The signal waits for the process, which does not look at the moment.
bool is_pending(pid_t pid, int signal) {
    const std::string text = read_file("/proc/" + std::to_string(pid) + "/status");
    const std::size_t at = text.find("ShdPnd:");
    return at != std::string::npos &&
           (std::stoull(text.substr(at + 7), nullptr, 16) >> (signal - 1) & 1) != 0;
}

/// It has asked, and waits for its answer.
bool waits_for_answer(pid_t pid) {
    return read_file("/proc/" + std::to_string(pid) + "/syscall")
        .starts_with(std::to_string(SYS_rt_sigtimedwait) + ' ');
}

}  // namespace

TEST_SUITE("supervise") {
    TEST_CASE("a minetd that cannot supervise says so") {
        if (!lacks(systemd::can_notify(), "libsystemd, and all of this suite with it")) return;
        CHECK(run({"--supervise"}) == 64);
    }
}

TEST_SUITE_BEGIN("supervise" * doctest::skip(!systemd::can_notify()));

TEST_CASE("a daemon that is killed is replaced, and serves whoever came in between") {
    DaemonUnderTest minetd("{echo} stream tcp4 nowait {user} /bin/cat cat\n",
                           {.arguments = supervised});
    const std::uint16_t port = minetd.port("echo");
    CHECK(Client(port).ask("before\n") == "before\n");
    const std::size_t before = minetd.output().size();
    const pid_t former = only_child(minetd.pid());
    REQUIRE(former > 0);
    REQUIRE(::kill(former, SIGKILL) == 0);
    minetd.await_output("supervisor: the daemon was killed by signal 9", before);
    std::vector<Client> waiting;
    for (int i = 0; i < 20; ++i) {
        waiting.emplace_back(port);
        CHECK(waiting.back().end() == Client::End::none);
        waiting.back().send("waited\n");
    }
    for (Client& client : waiting) CHECK(client.line() == "waited\n");
    minetd.await_output("ready: ", before);
    CHECK(only_child(minetd.pid()) != former);
    waiting.clear();
    CHECK(minetd.stop() == 0);
    CHECK(minetd.output().find("stopped") != std::string::npos);
}

TEST_CASE("signals go to the daemon, and results of requests come back") {
    DaemonUnderTest minetd(echo, {.arguments = supervised});
    const pid_t daemon = only_child(minetd.pid());
    CHECK(minetd
              .reload("{echo} stream tcp4 nowait {user} internal echo\n"
                      "{more} stream tcp4 nowait {user} internal echo\n")
              .find("reloaded: ") == 0);
    CHECK(Client(minetd.port("more")).ask("x\n") == "x\n");
    const std::string pid = std::to_string(minetd.pid());
    CHECK(run({"--reload", pid}) == 0);
    minetd.configure("[minetd]\nno_such_attribute = 1\n");
    CHECK(run({"--reload", pid}) == 78);
    minetd.configure(echo);
    CHECK(run({"--upgrade", pid}) == 0);
    CHECK(minetd.output().find("upgraded from") != std::string::npos);
    CHECK(only_child(minetd.pid()) == daemon);
    CHECK(Client(minetd.port("echo")).ask("x\n") == "x\n");
    // What was stored before an upgrade is there after a crash.
    kill_daemon(minetd);
    CHECK(Client(minetd.port("echo")).ask("x\n") == "x\n");
}

TEST_CASE("what somebody asked for who is gone by now is not another's result") {
    TemporaryDirectory directory;
    const std::string binary = directory.path() + "/minetd";
    std::filesystem::create_symlink(from_environment("MINETD"), binary);
    DaemonUnderTest minetd(echo, {.binary = binary, .arguments = supervised});
    minetd.await_loop();
    const pid_t daemon = only_child(minetd.pid());
    REQUIRE(::kill(daemon, SIGSTOP) == 0);
    const std::string pid = std::to_string(minetd.pid());
    const pid_t gone = launch({"--reload", pid});
    REQUIRE(comes_true([&] { return is_pending(daemon, SIGHUP); }));
    REQUIRE(::kill(gone, SIGKILL) == 0);
    CHECK(await(gone) == -1);
    // The reload will go well, the upgrade cannot.
    std::filesystem::remove(binary);
    const pid_t next = launch({"--upgrade", pid});
    REQUIRE(
        comes_true([&] { return waits_for_answer(next) && !is_pending(minetd.pid(), SIGUSR2); }));
    REQUIRE(::kill(daemon, SIGCONT) == 0);
    CHECK(await(next) == 78);
    CHECK(minetd.lines_with("reloaded: ") == 1);
    CHECK(minetd.lines_with("upgraded from") == 0);
    CHECK(Client(minetd.port("echo")).ask("x\n") == "x\n");
}

TEST_CASE("TERM ends both: sessions finish, a second one hurries") {
    DaemonUnderTest minetd("{cat} stream tcp4 nowait {user} /bin/cat cat\n",
                           {.arguments = supervised});
    Client client(minetd.port("cat"));
    client.send("a\n");
    CHECK(client.line() == "a\n");
    minetd.signal(SIGTERM);
    minetd.await_output("stopping; waiting for 1 processes");
    client.send("b\n");
    CHECK(client.line() == "b\n");
    CHECK(minetd.alive());
    minetd.signal(SIGTERM);
    CHECK(minetd.await_exit() == 0);
    CHECK(client.rest() == "");
}

TEST_CASE("the pid file names the supervisor, over crashes too, and is gone at the end") {
    TemporaryDirectory directory;
    const std::string file = directory.path() + "/minetd.pid";
    DaemonUnderTest minetd(echo, {.arguments = {"--supervise", "--pid-file", file}});
    CHECK(read_file(file) == std::to_string(minetd.pid()) + "\n");
    kill_daemon(minetd);
    CHECK(read_file(file) == std::to_string(minetd.pid()) + "\n");
    CHECK(minetd.stop() == 0);
    CHECK(::access(file.c_str(), F_OK) != 0);
}

TEST_CASE("a daemon that hangs is replaced") {
    const struct {
        const char* what;
        bool stopping;  ///< it was asked to stop before
    } rows[] = {{"while it serves", false}, {"while it stops", true}};
    at_once(rows, [](const auto& row) {
        CAPTURE(row.what);
        DaemonUnderTest minetd("{cat} stream tcp4 nowait {user} /bin/cat cat\n",
                               {.arguments = {"--supervise", "--watchdog", "1"}});
        Client client(minetd.port("cat"));
        client.send("a\n");
        CHECK(client.line() == "a\n");
        const pid_t former = only_child(minetd.pid());
        REQUIRE(former > 0);
        if (row.stopping) {
            minetd.signal(SIGTERM);
            minetd.await_output("stopping; waiting for 1 processes");
        }
        const std::size_t before = minetd.output().size();
        REQUIRE(::kill(former, SIGSTOP) == 0);
        minetd.await_output("supervisor: the daemon hangs", before);
        minetd.await_output("the daemon was killed by signal 6", before);
        // What it had begun goes on.
        client.send("b\n");
        CHECK(client.line() == "b\n");
        if (row.stopping) {
            const int status = minetd.await_exit();
            CHECK(WIFEXITED(status));
            CHECK(WEXITSTATUS(status) == 128 + SIGABRT);
            return;
        }
        CHECK(Client(minetd.port("cat")).ask("c\n") == "c\n");
        minetd.await_output("ready: ", before);
        CHECK(only_child(minetd.pid()) != former);
    });
}

TEST_CASE("a daemon that goes round is left alone, over upgrades too") {
    DaemonUnderTest minetd(echo, {.arguments = {"--supervise", "--watchdog", "1"}});
    const pid_t daemon = only_child(minetd.pid());
    const auto end = std::chrono::steady_clock::now() + 3s;
    CHECK(run({"--upgrade", std::to_string(minetd.pid())}) == 0);
    while (std::chrono::steady_clock::now() < end) {
        CHECK(Client(minetd.port("echo")).ask("x\n") == "x\n");
        std::this_thread::sleep_for(50ms);
    }
    CHECK(only_child(minetd.pid()) == daemon);
    CHECK(minetd.lines_with("hangs") == 0);
}

TEST_CASE("the pid file goes with the supervisor, if the daemon is dead") {
    const struct {
        const char* what;
        const char* configuration;  ///< when the daemon has died; null: its binary is gone
        int status;
    } rows[] = {{"asked to stop while it waits", nullptr, 0},
                {"a start that fails for good", "[minetd]\nno_such_attribute = 1\n", 78}};
    for (const auto& row : rows) {
        CAPTURE(row.what);
        TemporaryDirectory directory;
        const std::string file = directory.path() + "/minetd.pid";
        const std::string binary = directory.path() + "/minetd";
        std::filesystem::create_symlink(from_environment("MINETD"), binary);
        DaemonUnderTest minetd(echo, {.binary = binary, .arguments = supervised});
        minetd.await_loop();
        minetd.configure(std::string(echo) + "[minetd]\npid_file = " + file + "\n");
        kill_daemon(minetd);  // the next one has a pid file
        CHECK(read_file(file) == std::to_string(minetd.pid()) + "\n");
        minetd.await_loop();
        if (row.configuration != nullptr)
            minetd.configure(row.configuration);
        else
            std::filesystem::remove(binary);
        REQUIRE(::kill(only_child(minetd.pid()), SIGKILL) == 0);
        if (row.configuration == nullptr) {
            minetd.await_output("the daemon ended with status 71; it is started again");
            CHECK(::access(file.c_str(), F_OK) == 0);
            minetd.signal(SIGTERM);
        }
        const int status = minetd.await_exit();
        CHECK(WIFEXITED(status));
        CHECK(WEXITSTATUS(status) == row.status);
        CHECK(::access(file.c_str(), F_OK) != 0);
    }
}

TEST_CASE("what cannot start is not tried again, and its status is told") {
    TemporaryDirectory directory;
    const std::string file = directory.path() + "/minetd.conf";
    write_file(file, "[minetd]\nno_such_attribute = 1\n");
    CHECK(run({"--supervise", "--foreground", "--config", file}) == 78);
    CHECK(run({"--supervise", "--config", file}) == 78);
    CHECK(run({"--supervise", "--no-such-option"}) == 64);
    CHECK(run({"--supervise", "--watchdog", "soon"}) == 64);
    CHECK(run({"--watchdog", "1", "--config", file}) == 64);
    CHECK(run({"--supervise", "--check", file}) == 64);
    CHECK(run({"--supervise", "--config", file}, {"NOTIFY_SOCKET=/run/notify"}) == 64);
}

TEST_CASE("a configuration that is broken when the daemon has crashed ends both") {
    DaemonUnderTest minetd(echo, {.arguments = supervised});
    minetd.await_loop();
    minetd.configure("[minetd]\nno_such_attribute = 1\n");
    REQUIRE(::kill(only_child(minetd.pid()), SIGKILL) == 0);
    const int status = minetd.await_exit();
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 78);
}

TEST_CASE("in the background: the starter ends when it serves, and it serves on after a crash") {
    TemporaryDirectory directory;
    DaemonUnderTest ports("", {});  // for a free port, and the words of a configuration
    const std::string file = directory.path() + "/minetd.conf", pid_file = file + ".pid";
    write_file(file, ports.expand(echo));
    REQUIRE(run({"--supervise", "--config", file, "--pid-file", pid_file, "--log", "none"}) == 0);
    const pid_t supervisor = std::atoi(read_file(pid_file).c_str());
    REQUIRE(supervisor > 1);
    const UniqueFd ended(static_cast<int>(::syscall(SYS_pidfd_open, supervisor, 0)));
    CHECK(Client(ports.port("echo")).ask("x\n") == "x\n");
    const pid_t former = only_child(supervisor);
    CHECK(former > 0);
    if (former > 0) ::kill(former, SIGKILL);
    CHECK(Client(ports.port("echo")).ask("x\n") == "x\n");
    REQUIRE(::kill(supervisor, SIGTERM) == 0);
    pollfd end{ended.get(), POLLIN, 0};
    CHECK(::poll(&end, 1, patience_ms) == 1);
}

TEST_CASE("the supervisor believes nobody but the daemon") {
    DaemonUnderTest minetd(echo, {.arguments = supervised});
    const std::string environment =
        read_file("/proc/" + std::to_string(only_child(minetd.pid())) + "/environ");
    const std::size_t at = environment.find("NOTIFY_SOCKET=@");
    REQUIRE(at != std::string::npos);
    const std::string name = environment.substr(at + 14, environment.find('\0', at) - at - 14);
    const SocketAddress supervisor = address_of_path(name);
    const std::size_t before = open_descriptors(minetd.pid());
    const UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    REQUIRE(::connect(socket.get(), supervisor.raw(), supervisor.length) == 0);
    const auto send = [&](const std::string& text) {
        const OutgoingMessage message(text.data(), text.size(), socket.get());
        CHECK(::sendmsg(socket.get(), message.header(), 0) >= 0);
    };
    for (int i = 0; i < 100; ++i) send("FDSTORE=1\nFDNAME=stranger");
    send("FDSTOREREMOVE=1\nFDNAME=" + std::to_string(minetd.port("echo")) + "/tcp4#0");
    send(std::string(100'000, 'x'));
    CHECK(Client(minetd.port("echo")).ask("x\n") == "x\n");
    kill_daemon(minetd);
    // The daemon itself may have saved its state meanwhile.
    CHECK(open_descriptors(minetd.pid()) <= before + 1);
    CHECK(Client(minetd.port("echo")).ask("x\n") == "x\n");
    CHECK(minetd.lines_with("is inherited") == 1);
    CHECK(minetd.lines_with("stranger") == 0);
}

TEST_CASE("a daemon whose supervisor is killed serves on") {
    TemporaryDirectory directory;
    DaemonUnderTest ports("", {});
    const std::string file = directory.path() + "/minetd.conf", pid_file = file + ".pid";
    write_file(file, ports.expand(echo));
    REQUIRE(run({"--supervise", "--config", file, "--pid-file", pid_file, "--log", "none"}) == 0);
    const pid_t supervisor = std::atoi(read_file(pid_file).c_str());
    REQUIRE(supervisor > 1);
    const pid_t daemon = only_child(supervisor);
    const UniqueFd gone(static_cast<int>(::syscall(SYS_pidfd_open, supervisor, 0)));
    const UniqueFd ended(static_cast<int>(::syscall(SYS_pidfd_open, daemon, 0)));
    REQUIRE(::kill(supervisor, SIGKILL) == 0);
    pollfd end{gone.get(), POLLIN, 0};
    CHECK(::poll(&end, 1, patience_ms) == 1);
    CHECK(Client(ports.port("echo")).ask("x\n") == "x\n");
    REQUIRE(::kill(daemon, SIGTERM) == 0);
    end.fd = ended.get();
    CHECK(::poll(&end, 1, patience_ms) == 1);
}

TEST_SUITE_END();
