// SPDX-License-Identifier: ISC
// Tells a server that is stuck in one step of its handler from one that is busy with many. Looked
// at once a second; the server only counts its steps.
#pragma once

#include <cstdint>
#include <vector>

#include "mpm/scoreboard.h"

namespace minetd {

class StuckWatch {
  public:
    /// `patience` in milliseconds; 0: nothing is ever stuck.
    StuckWatch(unsigned servers, unsigned threads, Milliseconds patience);

    /// A server has started in this slot.
    void reset(unsigned server) noexcept;
    /// Some thread of the server has been in the same step for longer than `patience`.
    bool is_stuck(const Scoreboard& board, unsigned server, Milliseconds now) noexcept;

  private:
    struct Seen {
        std::uint32_t steps = 0;
        Milliseconds since = 0;  ///< 0: it was in no step
    };
    unsigned threads_;
    Milliseconds patience_;
    std::vector<Seen> seen_;
};

}  // namespace minetd
