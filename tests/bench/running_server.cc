// SPDX-License-Identifier: ISC

#include "tests/bench/running_server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <exception>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <vector>

#include "tests/bench/network.h"
#include "tests/bench/process_tree.h"

namespace minetd::bench {

namespace {

using Clock = std::chrono::steady_clock;
constexpr auto start_deadline = std::chrono::seconds(10);
constexpr auto stop_deadline = std::chrono::milliseconds(500);
constexpr double kill_seconds = 5;
constexpr auto poll_interval = std::chrono::milliseconds(1);
constexpr auto rest = std::chrono::milliseconds(150);
constexpr auto rest_deadline = std::chrono::seconds(5);

// The child of fork(): enters the account while it is still alone, so that nothing escapes it.
[[noreturn]] void become(const Launch& launch, CpuAccount& account, const std::string& log) {
    try {
        account.enter();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        _exit(126);
    }
    setpgid(0, 0);  // Apache, when it is stopped, signals its whole group
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    dup2(null, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    std::vector<char*> argv;
    for (const std::string& argument : launch.argv)
        argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    execv(argv[0], argv.data());
    std::fprintf(stderr, "%s: %s\n", argv[0],
                 std::error_code(errno, std::generic_category()).message().c_str());
    _exit(127);
}

}  // namespace

RunningServer::RunningServer(const std::string& name, const Launch& launch, const Site& site)
    : log_(site.scratch + "/" + name + ".log"), account_(make_account(name, site.account)) {
    if (account_ == nullptr) throw std::runtime_error("no CPU account of the kind " + site.account);
    if (!launch.file.empty()) {
        std::ofstream file(launch.file, std::ios::trunc);
        if (!(file << launch.configuration << std::flush))
            throw std::runtime_error(launch.file + ": cannot be written");
    }
    pid_ = fork();
    if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (pid_ == 0) become(launch, *account_, log_);
    account_->follow(pid_);
    try {
        await_port(launch.port);
    } catch (...) {
        end_descendants(kill_seconds);
        throw;
    }
}

RunningServer::~RunningServer() {
    if (pid_ > 0) kill(pid_, SIGTERM);
    const auto deadline = Clock::now() + stop_deadline;
    while (!descendants(getpid()).empty() && Clock::now() < deadline)
        std::this_thread::sleep_for(poll_interval);
    if (!end_descendants(kill_seconds))
        std::fprintf(stderr, "bench: processes of %s could not be ended\n", log_.c_str());
}

// The kernel tells of no listen(2), so this polls.
void RunningServer::await_port(std::uint16_t port) {
    const auto deadline = Clock::now() + start_deadline;
    unsigned polls_without_anybody = 0;
    for (;;) {
        const std::vector<std::uint16_t> ports = listening_ports();
        const bool listens = std::find(ports.begin(), ports.end(), port) != ports.end();
        if (is_child_ && waitpid(pid_, nullptr, WNOHANG) == pid_) is_child_ = false;
        // A daemon that goes to the background leaves an exit status and an orphan, which comes to
        // us. One look may miss a process that is just being made.
        if (!is_child_) adopt_orphan();
        if (listens && pid_ > 0) return;
        polls_without_anybody = pid_ > 0 ? 0 : polls_without_anybody + 1;
        if (polls_without_anybody > 20) throw std::runtime_error("ended at start: " + last_words());
        if (Clock::now() > deadline)
            throw std::runtime_error(
                fmt::format("port {} does not listen: {}", port, last_words()));
        std::this_thread::sleep_for(poll_interval);
    }
}

void RunningServer::await_rest() const {
    const auto deadline = Clock::now() + rest_deadline;
    double used = account_->seconds();
    for (auto since = Clock::now(); Clock::now() < std::min(deadline, since + rest);) {
        std::this_thread::sleep_for(poll_interval);
        const double now_used = account_->seconds();
        if (now_used > used) since = Clock::now();
        used = now_used;
    }
}

void RunningServer::adopt_orphan() {
    const std::vector<pid_t> orphans = descendants(getpid());
    pid_ = orphans.empty() ? -1 : orphans.front();
    account_->follow(pid_);
}

// The cause is in the first lines of some and in the last of others.
std::string RunningServer::last_words() const {
    constexpr std::size_t enough = 200;
    std::ifstream file(log_);
    std::stringstream text;
    text << file.rdbuf();
    const std::string all = text.str();
    if (all.empty()) return "it said nothing";
    if (all.size() <= 2 * enough) return all;
    return all.substr(0, enough) + " ... " + all.substr(all.size() - enough);
}

}  // namespace minetd::bench
