// SPDX-License-Identifier: ISC
#include "daemon/os/signals.h"

#include <sys/signalfd.h>

#include "daemon/os/system_error.h"

namespace minetd {
namespace {

/// What a bug of our own raises must kill us visibly, not queue up.
sigset_t all_but_faults() noexcept {
    sigset_t set;
    sigfillset(&set);
    for (int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS})
        sigdelset(&set, fault);
    return set;
}

/// Ends that follow each other this quickly come in numbers.
constexpr std::int64_t busy_us = 2000;

}  // namespace

void take_over_signals() noexcept {
    struct sigaction plain {};
    plain.sa_handler = SIG_DFL;
    for (int signal = 1; signal < NSIG; ++signal) {
        // A sanitizer's or a debugger's handler for a fault is left to do its work.
        struct sigaction present {};
        if (sigaction(signal, nullptr, &present) == 0 && present.sa_handler == SIG_IGN)
            sigaction(signal, &plain, nullptr);
    }
    const sigset_t set = all_but_faults();
    sigprocmask(SIG_SETMASK, &set, nullptr);
}

void unblock_signals() noexcept {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
}

SignalEvents::SignalEvents(EventLoop& loop, Callback callback)
    : callback_(std::move(callback)),
      fd_([] {
          sigset_t set = all_but_faults();
          sigdelset(&set, SIGCHLD);
          return ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
      }()),
      event_(loop, fd_.get(), [this] { on_readable(); }) {
    if (!fd_) throw_errno("signalfd");
    event_.enable();
}

void SignalEvents::on_readable() {
    signalfd_siginfo info[16];
    const ssize_t size = ::read(fd_.get(), info, sizeof info);
    for (ssize_t i = 0; i < size / static_cast<ssize_t>(sizeof info[0]); ++i) {
        const bool queued =
            info[i].ssi_code == SI_QUEUE && (info[i].ssi_uid == 0 || info[i].ssi_uid == ::getuid());
        callback_(static_cast<int>(info[i].ssi_signo), static_cast<pid_t>(info[i].ssi_pid),
                  queued ? info[i].ssi_int : 0);
    }
}

ChildSignal::ChildSignal(EventLoop& loop, Callback callback, bool may_rest)
    : callback_(std::move(callback)),
      fd_([] {
          sigset_t set;
          sigemptyset(&set);
          sigaddset(&set, SIGCHLD);
          return ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
      }()),
      event_(loop, fd_.get(), [this] { on_readable(); }),
      rest_(loop, [this] { event_.enable(); }),
      may_rest_(may_rest) {
    if (!fd_) throw_errno("signalfd");
    event_.enable();
}

void ChildSignal::on_readable() {
    signalfd_siginfo info;
    (void)!::read(fd_.get(), &info, sizeof info);
    const std::int64_t now = monotonic_us();
    if (may_rest_ && now - std::exchange(last_us_, now) < busy_us) {
        event_.disable();
        rest_.schedule(1);
    }
    callback_();
}

}  // namespace minetd
