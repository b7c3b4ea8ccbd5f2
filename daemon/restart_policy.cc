// SPDX-License-Identifier: ISC
#include "daemon/restart_policy.h"

#include <sys/wait.h>
#include <sysexits.h>

#include <algorithm>

namespace minetd {
namespace {

constexpr Milliseconds shortest = 100, longest = 5000;
/// Who has served for so long is not in a loop of crashes.
constexpr Milliseconds steady = 10'000;
constexpr unsigned most_doublings = 6;

}  // namespace

int exit_status(int wait_status) noexcept {
    return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

std::optional<int> end_of_supervision(const EndedDaemon& ended) noexcept {
    const int status = exit_status(ended.status);
    const bool never_served = ended.first && !ended.was_ready;
    // Another try would end in the same way.
    const bool for_good = status == EX_OK || status == EX_USAGE || status == EX_CONFIG;
    if (never_served || for_good || ended.asked_to_end) return status;
    return std::nullopt;
}

unsigned failures_after(unsigned failures, Milliseconds served) noexcept {
    return served >= steady ? 1 : failures + 1;
}

Milliseconds restart_delay(unsigned failures) noexcept {
    const unsigned doublings = std::min(std::max(failures, 1U) - 1, most_doublings);
    return std::min(shortest << doublings, longest);
}

}  // namespace minetd
