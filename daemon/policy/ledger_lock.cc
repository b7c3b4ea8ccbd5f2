// SPDX-License-Identifier: ISC
#include "daemon/policy/ledger_lock.h"

#include <sys/wait.h>

#include "daemon/os/raw_syscall.h"

namespace minetd {
namespace {

constexpr auto relaxed = std::memory_order_relaxed;

/// Enough for whoever holds it to go on and let it go, and few milliseconds at most.
constexpr unsigned attempts = 10'000;
constexpr unsigned stuck_attempts = 64;

/// The child has ended. It is not reaped by this: its pid stays its own.
bool is_dead_child(pid_t pid) noexcept {
    siginfo_t info;
    info.si_pid = 0;
    return raw::syscall(SYS_waitid, P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT, nullptr) == 0 &&
           info.si_pid == pid;
}

}  // namespace

Ledger::Lock::Lock(Ledger& ledger, pid_t who, Wait wait) noexcept : shared_(ledger.shared()) {
    const unsigned bound = ledger.stuck_.load(relaxed) ? stuck_attempts : attempts;
    held_ = take(ledger, static_cast<std::uint32_t>(who), wait == Wait::bounded ? bound : 0);
    if (wait == Wait::bounded) ledger.stuck_.store(!held_, relaxed);
}

Ledger::Lock::Lock(Ledger& ledger, pid_t who, Dead holder) noexcept
    : shared_(ledger.shared()), held_(take_over(ledger, static_cast<std::uint32_t>(who), holder)) {}

bool Ledger::Lock::take(Ledger& ledger, std::uint32_t mine, unsigned most) noexcept {
    for (unsigned attempt = 1; most == 0 || attempt <= most; ++attempt) {
        std::uint32_t holder = 0;
        if (shared_.owner.compare_exchange_weak(holder, mine, std::memory_order_acquire))
            return true;
        if (attempt <= 32) continue;
        // Who has to reap the holder must not wait for it.
        const Dead dead{static_cast<pid_t>(holder)};
        if (attempt % 64 == 0 && holder != 0 && is_dead_child(dead.pid) &&
            take_over(ledger, mine, dead))
            return true;
        raw::syscall(SYS_sched_yield);
    }
    return false;
}

bool Ledger::Lock::take_over(Ledger& ledger, std::uint32_t mine, Dead holder) noexcept {
    auto expected = static_cast<std::uint32_t>(holder.pid);
    if (!shared_.owner.compare_exchange_strong(expected, mine, std::memory_order_acquire))
        return false;
    // It died between two writes: what the claims say is the truth, the sums follow from it.
    ledger.rebuild();
    return true;
}

}  // namespace minetd
