// SPDX-License-Identifier: ISC
#include "daemon/os/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>

#include "daemon/os/capabilities.h"
#include "daemon/os/system_error.h"
#include "daemon/os/unique_fd.h"

namespace minetd {
namespace {

void close_all_but(std::vector<int> keep) noexcept {
    std::sort(keep.begin(), keep.end());
    unsigned next = 3;
    for (int fd : keep) {
        const unsigned number = static_cast<unsigned>(fd);
        if (number > next) ::close_range(next, number - 1, 0);
        if (number >= next) next = number + 1;
    }
    ::close_range(next, ~0U, 0);
}

struct Origin {
    std::uint64_t began =
        0;  ///< clock ticks since the machine's start; 0: there is no such process
    pid_t parent = 0;
};

Origin origin_of(pid_t pid) noexcept {
    char text[1024];
    std::snprintf(text, sizeof text, "/proc/%d/stat", static_cast<int>(pid));
    const UniqueFd file(::open(text, O_RDONLY | O_CLOEXEC));
    const ssize_t size = file ? ::read(file.get(), text, sizeof text - 1) : -1;
    if (size <= 0) return {};
    text[size] = '\0';
    // Behind the name, which may have anything in it: field 3.
    Origin origin;
    const char* at = std::strrchr(text, ')');
    for (int field = 3; at != nullptr && (at = std::strchr(at + 1, ' ')) != nullptr; ++field) {
        if (field == 4) origin.parent = static_cast<pid_t>(std::strtol(at, nullptr, 10));
        if (field < 22) continue;
        origin.began = std::strtoull(at, nullptr, 10);
        break;
    }
    return origin;
}

}  // namespace

Exit reap() noexcept {
    return reap(-1);
}

pid_t ended_child() noexcept {
    siginfo_t info;
    info.si_pid = 0;
    return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 ? info.si_pid : 0;
}

Exit reap(pid_t child) noexcept {
    Exit exit;
    const pid_t pid = ::wait4(child, &exit.status, WNOHANG, &exit.usage);
    exit.pid = pid > 0 ? pid : 0;
    return exit;
}

pid_t fork_process(const char* title, std::span<const int> keep,
                   const std::function<int()>& body) noexcept {
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    // The body never returns into the frames of the parent's event loop.
    int code = EX_SOFTWARE;
    try {
        ::prctl(PR_SET_NAME, title);
        close_all_but({keep.begin(), keep.end()});
        code = body();
    } catch (const std::exception&) {
        code = EX_SOFTWARE;
    }
    ::_exit(code);
}

ForkedChild fork_with_channel(const std::string& title, std::vector<int> keep,
                              const std::function<int(Channel& parent)>& body) {
    auto [ours, theirs] = Channel::pair();
    Channel* const parent = &theirs;
    keep.push_back(theirs.fd());
    const pid_t pid = fork_process(title.c_str(), keep, [&body, parent] { return body(*parent); });
    if (pid < 0) throw_errno("fork");
    return {pid, std::move(ours)};
}

std::string end_text(int status) {
    if (WIFSIGNALED(status)) return fmt::format("was killed by signal {}", WTERMSIG(status));
    return fmt::format("ended with status {}", WEXITSTATUS(status));
}

void ensure_standard_descriptors() {
    for (int fd = 0; fd <= 2; ++fd) {
        if (::fcntl(fd, F_GETFD) >= 0) continue;
        // The lowest free number is this one, since those below are open.
        if (::open("/dev/null", O_RDWR) < 0) throw_errno("open /dev/null");
    }
}

rlim_t most_it_may_give(int resource) {
    rlim_t most = RLIM_INFINITY;
    // The kernel lets nobody go beyond this one.
    if (resource == RLIMIT_NOFILE) std::ifstream("/proc/sys/fs/nr_open") >> most;
    if (most == 0) most = RLIM_INFINITY;
    rlimit now{};
    const bool privileged = capability::available()
                                ? (capability::permitted() & capability::bit(CAP_SYS_RESOURCE)) != 0
                                : ::geteuid() == 0;
    if (!privileged && ::getrlimit(static_cast<__rlimit_resource>(resource), &now) == 0)
        most = std::min(most, now.rlim_max);
    return most;
}

bool may_limit(int resource, rlim_t value) {
    return value <= most_it_may_give(resource);
}

namespace {
std::optional<rlimit> before_raise;
}

void raise_open_files() noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == limit.rlim_max) return;
    const rlimit raised{.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
    if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) before_raise = limit;
}

std::optional<rlimit> lowered_open_files() noexcept {
    return before_raise;
}

void note_lowered_open_files(const rlimit& before) noexcept {
    before_raise = before;
}

bool has_controlling_terminal() noexcept {
    const UniqueFd terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
    return static_cast<bool>(terminal);
}

bool began_before_us(pid_t pid) noexcept {
    static const std::uint64_t ours = origin_of(::getpid()).began;
    const Origin its = origin_of(pid);
    return its.began != 0 && (its.began < ours || (its.began == ours && its.parent != ::getpid()));
}

void become_subreaper() noexcept {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

}  // namespace minetd
