// SPDX-License-Identifier: ISC
// How many servers a pool starts and sends home: arithmetic over numbers, nothing else.
//
// `apache` is the idle maintenance of Apache's prefork MPM, once a second: starts double from 1 to
// 32 while spares are short, one spare a second goes while they are too many.
// `reactive` acts when the last spare is taken: the whole deficit at once, under a token bucket;
// and sends home what was not needed for a whole period (the low-water mark), so that a pool does
// not swing with every gust.
#pragma once

#include "daemon/config/service_spec.h"
#include "daemon/os/clock.h"

namespace minetd {

/// Servers by state. A starting one counts as idle: it was asked for, and asking again makes it
/// worse.
struct PoolCounts {
    unsigned idle = 0;  ///< starting ones included
    unsigned busy = 0;
    unsigned leaving = 0;  ///< told to go, not gone: they hold no place of the new ones

    unsigned total() const noexcept { return idle + busy; }
};

/// What is remembered from one decision to the next.
struct PoolMemory {
    unsigned rate = 1;      ///< apache: servers started in the next short tick
    unsigned hold_off = 0;  ///< apache: ticks before the rate may grow (10 after a reload)
    unsigned replace = 0;   ///< apache: servers that became programs and have ended
    double tokens = 64;     ///< reactive: starts that are allowed right now
    Milliseconds refilled = 0;
    unsigned low_water = ~0U;  ///< reactive: fewest idle servers seen in this period
    Milliseconds period_began = 0;
};

struct PoolPlan {
    unsigned start = 0;
    unsigned retire = 0;
    bool exhausted = false;  ///< spares are short and max_request_workers is reached
    bool busy_pool = false;  ///< apache: 8 or more at once; "seems busy"
    Milliseconds again = 0;  ///< decide again after this time at the latest; 0: at the next tick
};

inline constexpr unsigned max_spawn_rate = 32;
inline constexpr Milliseconds shrink_period = 10'000;
/// The bucket refills with so many starts a second; fork bursts stay below what a machine bears.
inline constexpr double start_burst = 64, starts_per_second = 1000;

/// `tick` tells that a second is over; between ticks only `reactive` acts.
PoolPlan plan(const PoolLimits& limits, const PoolCounts& counts, Milliseconds now, bool tick,
              PoolMemory& memory) noexcept;

/// A server has served and ended: its replacement is no growth, and costs no token.
void give_back(PoolMemory& memory) noexcept;
/// The same for one that became its client's program. Where Apache's server would be idle again, a
/// new one takes its place, whatever the tick.
void give_back_program(PoolMemory& memory) noexcept;

/// Servers that may live at once.
unsigned most_servers(const PoolLimits& limits) noexcept;

}  // namespace minetd
