// SPDX-License-Identifier: ISC
#include "tests/policy/stepped_process.h"

#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <system_error>

namespace minetd {
namespace {

void wait_for(pid_t pid, int& status) {
    if (::waitpid(pid, &status, __WALL) != pid)
        throw std::system_error(errno, std::generic_category(), "waitpid");
}

}  // namespace

SteppedProcess::SteppedProcess(const std::function<void()>& prepare,
                               const std::function<void()>& work)
    : pid_(::fork()) {
    if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (pid_ == 0) {
        ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
        prepare();
        ::raise(SIGSTOP);
        work();
        ::raise(SIGSTOP);
        ::_exit(0);
    }
    int status;
    wait_for(pid_, status);
    if (!WIFSTOPPED(status) || WSTOPSIG(status) != SIGSTOP)
        throw std::system_error(ECHILD, std::generic_category(), "the stepped process ended");
}

SteppedProcess::~SteppedProcess() {
    if (!killed_) ::kill(pid_, SIGKILL);
    if (!reaped_) ::waitpid(pid_, nullptr, __WALL);
}

bool SteppedProcess::go_on(int request) {
    if (::ptrace(static_cast<__ptrace_request>(request), pid_, nullptr, nullptr) < 0)
        throw std::system_error(errno, std::generic_category(), "ptrace");
    int status;
    wait_for(pid_, status);
    if (!WIFSTOPPED(status))
        throw std::system_error(ECHILD, std::generic_category(), "the stepped process ended");
    return WSTOPSIG(status) == SIGTRAP;
}

bool SteppedProcess::step(unsigned long count) {
    for (; count > 0; --count)
        if (!go_on(PTRACE_SINGLESTEP)) return false;
    return true;
}

void SteppedProcess::finish() {
    while (go_on(PTRACE_CONT)) {
    }
}

void SteppedProcess::kill() {
    ::kill(pid_, SIGKILL);
    killed_ = true;
    siginfo_t info;
    while (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT | __WALL) < 0 &&
           errno == EINTR) {
    }
}

void SteppedProcess::reap() {
    int status;
    wait_for(pid_, status);
    reaped_ = true;
}

}  // namespace minetd
