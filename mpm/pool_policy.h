// SPDX-License-Identifier: ISC
// How many servers a pool should have: pure arithmetic over counts and the clock. A server is a
// process; it has one worker (prefork) or many (threads of worker and event). Spares are counted in
// workers, starts and retirements in servers.
//
// `apache` is the idle maintenance of Apache's MPMs, once a second: starts double from 1 to 32
// while spares are short, one server a second goes while they are too many.
// `reactive` acts when the last spare is taken: the whole deficit at once, under a token bucket;
// and sends home what was not needed for a whole period (the low-water mark), so that a pool does
// not swing with every gust.
#pragma once

#include "daemon/config/service_spec.h"
#include "daemon/os/clock.h"

namespace minetd {

/// What the directives of a service's MPM come to.
struct PoolShape {
    unsigned start = 5;                      ///< servers at the beginning
    unsigned most = 256;                     ///< servers at once
    unsigned min_spare = 5, max_spare = 10;  ///< idle workers
    unsigned workers = 1;                    ///< of one server
    unsigned threads = 1;  ///< places that a server needs on the board; workers may become as many
    bool fixed = false;    ///< `start` servers, whatever they do
    /// apache: no server is sent home while another is on its way (event, since 2.4.24), unless
    /// `places` are enough for all of them and as many new ones as there may be.
    bool one_leaves_at_a_time = false;
    unsigned places = 0;
    SpawnPolicy policy = SpawnPolicy::reactive;
};

PoolShape shape_of(const ServiceSpec& spec) noexcept;

/// Workers by state. A starting one counts as idle: it was asked for, and asking again makes it
/// worse.
struct PoolCounts {
    unsigned idle = 0;  ///< workers, starting ones included
    unsigned busy = 0;
    unsigned servers = 0;  ///< those that are not leaving
    unsigned leaving = 0;  ///< servers told to go, not gone: they hold no place of the new ones
    unsigned waiting = 0;  ///< connections in the backlog
};

/// What is remembered from one decision to the next.
struct PoolMemory {
    unsigned rate = 1;      ///< apache: servers started in the next short tick
    unsigned hold_off = 0;  ///< apache: ticks before the rate may grow (10 after a reload)
    unsigned replace = 0;   ///< apache: servers that became programs and have ended
    /// apache: servers on their way at the last tick. Apache hears of an end only after the next
    /// one, so until then they count as not gone.
    unsigned leaving = 0;
    double tokens = 64;  ///< reactive: starts that are allowed right now
    Milliseconds refilled = 0;
    unsigned low_water = ~0U;  ///< reactive: fewest idle workers seen in this period
    Milliseconds period_began = 0;
};

struct PoolPlan {
    unsigned start = 0;
    unsigned retire = 0;
    bool exhausted = false;  ///< spares are short and no further server is allowed
    bool busy_pool = false;  ///< apache: 8 or more at once; "seems busy"
    Milliseconds again = 0;  ///< decide again after this time at the latest; 0: at the next tick
};

inline constexpr unsigned max_spawn_rate = 32;
inline constexpr Milliseconds shrink_period = 10'000;
/// The bucket refills with so many starts a second; fork bursts stay below what a machine bears.
inline constexpr double start_burst = 64, starts_per_second = 1000;

/// `tick` tells that a second is over; between ticks only `reactive` acts.
PoolPlan plan(const PoolShape& shape, const PoolCounts& counts, Milliseconds now, bool tick,
              PoolMemory& memory) noexcept;

/// A server has served and ended: its replacement is no growth, and costs no token.
void give_back(PoolMemory& memory) noexcept;
/// The same for one that became its client's program. Where Apache's server would be idle again, a
/// new one takes its place, whatever the tick.
void give_back_program(PoolMemory& memory) noexcept;

}  // namespace minetd
