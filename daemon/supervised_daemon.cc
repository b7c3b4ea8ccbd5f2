// SPDX-License-Identifier: ISC
#include "daemon/supervised_daemon.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "daemon/inheritance.h"
#include "daemon/notify_message.h"
#include "daemon/os/process.h"
#include "daemon/os/system_error.h"

namespace minetd {
namespace {

constexpr int first_passed = 3;  // SD_LISTEN_FDS_START
constexpr char no_exec[] = "minetd: --supervise: the daemon's binary cannot be executed\n";

/// A variable whose value only the new process knows.
class OwnPid {
  public:
    explicit OwnPid(const std::string& name)
        : text_(name + '=' + std::string(room, '\0')), digits_(name.size() + 1) {}
    char* text() noexcept { return text_.data(); }
    void fill_in() noexcept {
        std::to_chars(text() + digits_, text() + digits_ + room - 1, ::getpid());
    }

  private:
    static constexpr std::size_t room = 16;
    std::string text_;
    std::size_t digits_;
};

}  // namespace

Invocation of_daemon(const Invocation& supervisors) {
    Invocation daemon = supervisors;
    std::erase_if(daemon.arguments, [](const std::string& word) {
        return word == "--supervise" || word.starts_with("--supervise=");
    });
    std::erase_if(daemon.environment, [](const std::string& variable) {
        return variable.starts_with(std::string(supervisor_variable) + '=') ||
               variable.starts_with("WATCHDOG_USEC=") || variable.starts_with("WATCHDOG_PID=");
    });
    return daemon;
}

void take_passed(DescriptorStore& store) {
    const std::vector<std::string> names = listen_names({.pid = std::getenv("LISTEN_PID"),
                                                         .fds = std::getenv("LISTEN_FDS"),
                                                         .names = std::getenv("LISTEN_FDNAMES")},
                                                        ::getpid(), std::nullopt);
    for (std::size_t i = 0; i < names.size(); ++i) {
        const int fd = first_passed + static_cast<int>(i);
        if (::fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
            throw std::invalid_argument(
                fmt::format("LISTEN_FDS is {}, but descriptor {} is not open", names.size(), fd));
        const std::string name = is_descriptor_name(names[i]) ? names[i] : "unknown";
        if (store.add(name, UniqueFd(fd)) == DescriptorStore::Outcome::full)
            throw std::invalid_argument(fmt::format(
                "LISTEN_FDS is {}, more than the {} that can be kept", names.size(), store.most()));
    }
}

pid_t start_daemon(const Invocation& daemon, const DescriptorStore& store, Milliseconds watchdog) {
    const std::vector<int> kept = store.descriptors();
    std::vector<int> copies(kept.size());
    std::vector<std::string> arguments = daemon.arguments, environment = daemon.environment;
    // Its number is known only to itself.
    OwnPid listen_pid("LISTEN_PID"), watchdog_pid("WATCHDOG_PID");
    if (watchdog > 0) environment.push_back(fmt::format("WATCHDOG_USEC={}", watchdog * 1000));
    if (!kept.empty()) {
        environment.push_back(fmt::format("LISTEN_FDS={}", kept.size()));
        environment.push_back("LISTEN_FDNAMES=" + store.names());
    }
    const std::vector<char*> argv = pointers_to(arguments);
    std::vector<char*> env = pointers_to(environment);
    if (!kept.empty()) env.insert(env.begin(), listen_pid.text());
    if (watchdog > 0) env.insert(env.begin(), watchdog_pid.text());
    const std::optional<rlimit> before = lowered_open_files();
    const int beyond = first_passed + static_cast<int>(kept.size());
    const pid_t pid = fork_process("minetd", kept, [&] {
        // In a group of its own: what a terminal sends comes once, through us. Signals stay
        // blocked, as the daemon has them: one that comes now waits until it is looked for.
        ::setpgid(0, 0);
        for (std::size_t i = 0; i < kept.size(); ++i)
            if ((copies[i] = ::fcntl(kept[i], F_DUPFD_CLOEXEC, beyond)) < 0) return EX_OSERR;
        for (std::size_t i = 0; i < kept.size(); ++i)
            if (::dup2(copies[i], first_passed + static_cast<int>(i)) < 0) return EX_OSERR;
        listen_pid.fill_in();
        watchdog_pid.fill_in();
        if (before) ::setrlimit(RLIMIT_NOFILE, &*before);
        (void)!::chdir(daemon.directory.c_str());
        ::execve(daemon.program.c_str(), argv.data(), env.data());
        (void)!::write(STDERR_FILENO, no_exec, sizeof no_exec - 1);
        return EX_OSERR;
    });
    if (pid < 0) throw_errno("fork");
    return pid;
}

}  // namespace minetd
