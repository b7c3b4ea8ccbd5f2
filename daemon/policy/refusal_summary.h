// SPDX-License-Identifier: ISC
// A flood of equal refusals is summarised, not written a million times: the first few of a period
// are recorded one by one, the rest are counted and told in one record when the period ends.
#pragma once

#include <cstdint>

#include "daemon/os/clock.h"

namespace minetd {

class RefusalSummary {
  public:
    static constexpr unsigned burst = 10;  ///< records a period written in full
    static constexpr Milliseconds period = 10'000;

    /// One refusal at `now`: true when it is to be recorded itself.
    bool record(Milliseconds now) noexcept;
    /// Refusals that were counted only, once their period is over (0 before); counting starts anew.
    std::uint64_t take_suppressed(Milliseconds now) noexcept;
    /// Something is held back, and take_suppressed() will want to be called at this time; 0:
    /// nothing.
    Milliseconds due() const noexcept { return suppressed_ > 0 ? started_ + period : 0; }
    /// Nothing is held back, and nothing is remembered that matters at `now`.
    bool over(Milliseconds now) const noexcept {
        return suppressed_ == 0 && now - started_ >= period;
    }

  private:
    Milliseconds started_ = -period;
    unsigned recorded_ = 0;
    std::uint64_t suppressed_ = 0;
};

}  // namespace minetd
