// SPDX-License-Identifier: ISC
#include "tests/integration/daemon_under_test.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>

#include "tests/integration/client.h"
#include "tests/integration/free_port.h"

extern char** environ;

namespace minetd {

std::string from_environment(const char* name) {
    const char* value = std::getenv(name);
    if (value == nullptr) throw std::runtime_error(std::string("the environment lacks ") + name);
    return value;
}

TemporaryDirectory::TemporaryDirectory() {
    char name[] = "/tmp/minetd-test-XXXXXX";
    if (mkdtemp(name) == nullptr)
        throw std::system_error(errno, std::generic_category(), "mkdtemp");
    path_ = name;
    chmod(name, 0777);
}

TemporaryDirectory::~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string test_user() {
    if (geteuid() == 0) return "nobody";
    const passwd* self = getpwuid(geteuid());
    return self != nullptr ? self->pw_name : std::to_string(geteuid());
}

uid_t test_uid() {
    if (geteuid() != 0) return geteuid();
    const passwd* nobody = getpwnam("nobody");
    if (nobody == nullptr) throw std::runtime_error("there is no user nobody");
    return nobody->pw_uid;
}

void write_file(const std::string& path, std::string_view text) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << text;
    if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

namespace {

/// The build may lie where the service's user cannot go. Copied once: a program that is still being
/// written when another thread forks cannot be executed until that child is another program.
std::string probe_for_all() {
    static const TemporaryDirectory directory;
    static const bool copied =
        std::filesystem::copy_file(from_environment("MINETD_PROBE"), directory.path() + "/probe");
    return copied ? directory.path() + "/probe" : "";
}

}  // namespace

DaemonUnderTest::DaemonUnderTest(std::string_view configuration, LaunchOptions options) {
    std::filesystem::create_hard_link(probe_for_all(), file("probe"));
    configure(configuration);
    launch(options);
    if (options.await_ready) await_output("ready: ");
}

DaemonUnderTest::~DaemonUnderTest() {
    if (pid_ > 0 && !status_) {
        // The clients are gone by now, so a graceful stop is a quick one, and a clean one.
        ::kill(pid_, SIGTERM);
        pollfd ended{pidfd_.get(), POLLIN, 0};
        const bool stopped = poll(&ended, 1, patience_ms) > 0;
        if (!stopped) ::kill(pid_, SIGKILL);
        int status = 0;
        waitpid(pid_, &status, 0);
        if (reader_.joinable()) reader_.join();
        INFO("minetd said:\n", output_);
        CHECK(stopped);
        CHECK(status == 0);
    }
    if (reader_.joinable()) reader_.join();
}

std::uint16_t DaemonUnderTest::port(const std::string& name) {
    const auto found = ports_.find(name);
    return found != ports_.end() ? found->second : ports_[name] = free_port();
}

std::string DaemonUnderTest::expand(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        const std::size_t open = text.find('{');
        const std::size_t close = text.find('}', open);
        result += text.substr(0, open);
        if (open == std::string_view::npos || close == std::string_view::npos) break;
        const std::string name(text.substr(open + 1, close - open - 1));
        if (name.find_first_of(" \n") != name.npos) {  // of an entry of xinetd's
            result += '{';
            text.remove_prefix(open + 1);
            continue;
        }
        if (name == "user")
            result += test_user();
        else if (name == "dir")
            result += directory();
        else if (name == "probe")
            result += file("probe");
        else
            result += std::to_string(port(name));
        text.remove_prefix(close + 1);
    }
    return result;
}

void DaemonUnderTest::configure(std::string_view configuration) {
    // In one step, as an editor does it: a reload never sees half a file.
    write_file(file("minetd.conf.new"), expand(configuration));
    std::filesystem::rename(file("minetd.conf.new"), file("minetd.conf"));
}

void DaemonUnderTest::launch(const LaunchOptions& options) {
    const std::string binary = options.binary.empty() ? from_environment("MINETD") : options.binary;
    std::vector<std::string> words = {binary, "--foreground", "--config", file("minetd.conf")};
    words.insert(words.end(), options.arguments.begin(), options.arguments.end());
    std::vector<std::string> variables = options.environment;
    for (char** variable = environ; *variable != nullptr; ++variable)
        variables.emplace_back(*variable);
    std::string names, listen_pid = "LISTEN_PID=           ";
    for (const PassedSocket& socket : options.passed)
        names += (names.empty() ? "" : ":") + socket.name;
    if (!options.passed.empty()) {
        variables.push_back("LISTEN_FDS=" + std::to_string(options.passed.size()));
        variables.push_back("LISTEN_FDNAMES=" + names);
    }
    std::vector<char*> argv, envp;
    if (!options.passed.empty()) envp.push_back(listen_pid.data());
    for (std::string& word : words) argv.push_back(word.data());
    for (std::string& variable : variables) envp.push_back(variable.data());
    argv.push_back(nullptr);
    envp.push_back(nullptr);

    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        throw std::system_error(errno, std::generic_category(), "pipe");
    output_fd_.reset(ends[0]);
    const UniqueFd writer(ends[1]);
    pid_ = fork();
    if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (pid_ == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        dup2(open("/dev/null", O_RDONLY), 0);
        dup2(writer.get(), 1);
        dup2(writer.get(), 2);
        // Out of each other's way first.
        std::vector<int> copies;
        for (const PassedSocket& socket : options.passed)
            copies.push_back(fcntl(socket.fd, F_DUPFD_CLOEXEC, 200));
        for (std::size_t i = 0; i < copies.size(); ++i) dup2(copies[i], 3 + static_cast<int>(i));
        std::snprintf(listen_pid.data() + 11, 11, "%d", static_cast<int>(getpid()));
        if (options.descriptors) {
            const rlimit limit{*options.descriptors, *options.descriptors};
            setrlimit(RLIMIT_NOFILE, &limit);
        }
        execve(binary.c_str(), argv.data(), envp.data());
        _exit(127);
    }
    pidfd_.reset(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
    reader_ = std::thread([this] { read_output(); });
}

void DaemonUnderTest::read_output() {
    // Until the daemon has ended and its pipe is empty; programs that hold the pipe do not matter.
    pollfd sources[] = {{output_fd_.get(), POLLIN, 0}, {pidfd_.get(), POLLIN, 0}};
    for (;;) {
        if (poll(sources, 2, -1) < 0 && errno == EINTR) continue;
        char chunk[65536];
        ssize_t got = 0;
        if (sources[0].revents != 0) got = read(output_fd_.get(), chunk, sizeof chunk);
        const std::lock_guard lock(mutex_);
        if (got > 0) output_.append(chunk, static_cast<std::size_t>(got));
        output_ended_ = got <= 0 && (sources[0].revents != 0 || sources[1].revents != 0);
        changed_.notify_all();
        if (output_ended_) return;
    }
}

namespace {

constexpr int look_again_ms = 10;

}  // namespace

void DaemonUnderTest::await(const std::function<bool()>& reached, const std::string& what) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(patience_ms);
    std::unique_lock lock(mutex_);
    // What is printed is told; what else there is to see is looked at. Having been so once is
    // enough: servers of before a reload may still answer now and then.
    while (!reached()) {
        if (output_ended_ || std::chrono::steady_clock::now() >= deadline)
            throw std::runtime_error("waited for `" + what + "` in vain; minetd said:\n" + output_);
        changed_.wait_for(lock, std::chrono::milliseconds(look_again_ms));
    }
}

void DaemonUnderTest::signal(int number) const {
    if (::kill(pid_, number) != 0) throw std::system_error(errno, std::generic_category(), "kill");
}

std::string DaemonUnderTest::reload(std::string_view configuration) {
    configure(configuration);
    const std::size_t before = output().size();
    signal(SIGHUP);
    std::string line;
    await(
        [&] {
            for (const char* outcome : {"reloaded: ", "reload failed: "}) {
                const std::size_t at = output_.find(outcome, before);
                const std::size_t newline = output_.find('\n', at);
                if (at == std::string::npos || newline == std::string::npos) continue;
                line = output_.substr(at, newline - at);
                return true;
            }
            return false;
        },
        "reloaded: or reload failed: ");
    return line;
}

std::string DaemonUnderTest::output() {
    const std::lock_guard lock(mutex_);
    return output_;
}

std::string DaemonUnderTest::await_output(std::string_view text, std::size_t from) {
    std::string line;
    await(
        [&] {
            const std::size_t at = output_.find(text, from);
            const std::size_t end = output_.find('\n', at);
            if (at == std::string::npos || end == std::string::npos) return false;
            const std::size_t begin = output_.rfind('\n', at);
            line = output_.substr(begin == std::string::npos ? 0 : begin + 1,
                                  end - (begin == std::string::npos ? 0 : begin + 1));
            return true;
        },
        std::string(text));
    return line;
}

namespace {

int count_lines(const std::string& output, std::string_view text) {
    int count = 0;
    for (std::size_t at = output.find(text); at != std::string::npos; ++count)
        if ((at = output.find('\n', at)) != std::string::npos) at = output.find(text, at);
    return count;
}

}  // namespace

int DaemonUnderTest::lines_with(std::string_view text) {
    return count_lines(output(), text);
}

void DaemonUnderTest::await_lines(std::string_view text, int count) {
    await([&] { return count_lines(output_, text) >= count; },
          std::to_string(count) + " lines with " + std::string(text));
}

void DaemonUnderTest::await_loop() {
    const std::size_t before = output().size();
    signal(SIGUSR1);
    await_output("logs reopened", before);
}

int DaemonUnderTest::await_exit() {
    if (status_) return *status_;
    pollfd ended{pidfd_.get(), POLLIN, 0};
    if (poll(&ended, 1, patience_ms) <= 0)
        throw std::runtime_error("minetd does not end:\n" + output());
    int status = 0;
    waitpid(pid_, &status, 0);
    status_ = status;
    reader_.join();
    return status;
}

int DaemonUnderTest::stop() {
    signal(SIGTERM);
    return await_exit();
}

bool DaemonUnderTest::alive() const {
    pollfd ended{pidfd_.get(), POLLIN, 0};
    return pid_ > 0 && !status_ && poll(&ended, 1, 0) == 0;
}

}  // namespace minetd
