// SPDX-License-Identifier: ISC
#include "mpm/stuck_watch.h"

#include <algorithm>

namespace minetd {

StuckWatch::StuckWatch(unsigned servers, unsigned threads, Milliseconds patience)
    : threads_(threads),
      patience_(patience),
      seen_(patience == 0 ? 0 : std::size_t{servers} * threads) {}

void StuckWatch::reset(unsigned server) noexcept {
    if (patience_ == 0) return;
    std::fill_n(seen_.begin() + std::ptrdiff_t{server} * threads_, threads_, Seen{});
}

bool StuckWatch::is_stuck(const Scoreboard& board, unsigned server, Milliseconds now) noexcept {
    if (patience_ == 0) return false;
    for (unsigned thread = 0; thread < threads_; ++thread) {
        const Scoreboard::ThreadLine& line = board.thread(server, thread);
        Seen& seen = seen_[std::size_t{server} * threads_ + thread];
        const std::uint32_t steps = line.steps.load(std::memory_order_relaxed);
        if (steps % 2 == 0) {
            seen.since = 0;
        } else if (seen.since == 0 || steps != seen.steps) {
            seen = {.steps = steps, .since = now};
        } else if (now - seen.since >= patience_) {
            return true;
        }
    }
    return false;
}

}  // namespace minetd
