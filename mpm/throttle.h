// SPDX-License-Identifier: ISC
// When a process that failed may be started again. A failed start and a late crash are two things:
// the first makes the wait grow, the second is replaced at once unless it keeps happening.
#pragma once

#include <algorithm>

#include "daemon/os/clock.h"

namespace minetd {

class Throttle {
  public:
    static constexpr Milliseconds first_delay = 1000, longest_delay = 60'000;
    static constexpr unsigned crashes_tolerated = 5;  ///< within one crash_period
    static constexpr Milliseconds crash_period = 10'000;

    /// A process ended before it served: how long until the next try.
    Milliseconds start_failed() noexcept {
        delay_ = std::clamp(delay_ * 2, first_delay, longest_delay);
        return delay_;
    }
    /// A process that had served ended badly: how long until the next; 0: at once.
    Milliseconds crashed(Milliseconds now) noexcept {
        if (now - period_began_ >= crash_period) {
            period_began_ = now;
            crashes_ = 0;
            delay_ = 0;
        }
        return ++crashes_ > crashes_tolerated ? start_failed() : 0;
    }
    /// A process serves.
    void started() noexcept {
        if (crashes_ <= crashes_tolerated) delay_ = 0;
    }

  private:
    Milliseconds delay_ = 0, period_began_ = -crash_period;
    unsigned crashes_ = 0;
};

}  // namespace minetd
