// SPDX-License-Identifier: ISC
#include "mpm/pool_policy.h"

#include <doctest/doctest.h>

#include <vector>

using namespace minetd;

namespace {

PoolLimits apache_limits() {
    PoolLimits limits;
    limits.spawn_policy = SpawnPolicy::apache;
    return limits;
}

/// Plays ticks: every server that is started is idle at the next tick, `busy` never changes what it
/// has.
std::vector<int> ticks(const PoolLimits& limits, PoolCounts counts, int count,
                       PoolMemory memory = {}) {
    std::vector<int> steps;
    for (int i = 0; i < count; ++i) {
        const PoolPlan step = plan(limits, counts, 1000 * (i + 1), true, memory);
        counts.idle += step.start;
        counts.idle -= step.retire;
        steps.push_back(static_cast<int>(step.start) - static_cast<int>(step.retire));
    }
    return steps;
}

}  // namespace

TEST_SUITE("mpm") {
    TEST_CASE("apache: starts double from 1 to 32 while spares are short") {
        // All busy at once: 256 servers are there after 12 ticks (1+2+4+8+16, then 32 each).
        PoolCounts counts{.busy = 5};
        PoolMemory memory;
        std::vector<unsigned> started;
        for (int i = 0; i < 14; ++i) {
            const PoolPlan step = plan(apache_limits(), counts, 1000 * i, true, memory);
            started.push_back(step.start);
            counts.busy += step.start;  // and all of them are taken at once
            CHECK(step.exhausted == (counts.busy == 256 && step.start == 0));
            CHECK(step.busy_pool == (step.start >= 8));
        }
        CHECK(started == std::vector<unsigned>{1, 2, 4, 8, 16, 32, 32, 32, 32, 32, 32, 28, 0, 0});
    }

    TEST_CASE("apache: the rate starts anew when there are enough spares, and one goes a second") {
        CHECK(ticks(apache_limits(), {.idle = 0, .busy = 10}, 5) ==
              std::vector<int>{1, 2, 4, 0, 0});
        CHECK(ticks(apache_limits(), {.idle = 14, .busy = 0}, 6) ==
              std::vector<int>{-1, -1, -1, -1, 0, 0});
        PoolMemory warm;
        warm.rate = 32;
        CHECK(ticks(apache_limits(), {.idle = 7, .busy = 0}, 1, warm) == std::vector<int>{0});
    }

    TEST_CASE("apache: nothing happens between ticks, and a hold-off keeps the rate") {
        PoolMemory memory;
        CHECK(plan(apache_limits(), {.idle = 0, .busy = 9}, 500, false, memory).start == 0);
        memory.hold_off = 2;
        CHECK(ticks(apache_limits(), {.idle = 0, .busy = 100}, 5, memory) ==
              std::vector<int>{1, 1, 1, 2, 0});
    }

    TEST_CASE("apache: a program that has ended is an idle server again, not a missing one") {
        PoolMemory memory;
        give_back_program(memory);
        give_back_program(memory);
        CHECK(plan(apache_limits(), {.idle = 3, .busy = 9}, 500, false, memory).start == 2);
        CHECK(plan(apache_limits(), {.idle = 5, .busy = 9}, 600, false, memory).start == 0);
        give_back_program(memory);
        // Counted before the tick's own arithmetic: 4 + 1 are enough.
        CHECK(plan(apache_limits(), {.idle = 4, .busy = 9}, 1000, true, memory).start == 1);
        give_back_program(memory);
        CHECK(plan(apache_limits(), {.idle = 0, .busy = 256}, 1500, false, memory).start == 0);
    }

    TEST_CASE(
        "reactive: the whole deficit at once, up to the middle of the range and never above the "
        "limit") {
        const struct {
            PoolCounts counts;
            unsigned start;
            bool exhausted;
        } rows[] = {
            {{.idle = 5, .busy = 100}, 0, false},
            {{.idle = 4, .busy = 100}, 3, false},  // to (5 + 10) / 2
            {{.idle = 0, .busy = 100}, 7, false},
            {{.idle = 0, .busy = 254}, 2, false},
            {{.idle = 0, .busy = 256}, 0, true},
            {{.idle = 2, .busy = 254}, 0, true},
            {{.idle = 0, .busy = 100, .leaving = 156}, 7, false},  // who leaves holds no place
        };
        for (const auto& row : rows) {
            CAPTURE(row.counts.idle);
            CAPTURE(row.counts.busy);
            PoolMemory memory;
            const PoolPlan step = plan({}, row.counts, 1000, false, memory);
            CHECK(step.start == row.start);
            CHECK(step.exhausted == row.exhausted);
            CHECK(step.retire == 0);
        }
    }

    TEST_CASE("reactive: bursts come from a bucket that refills, and the rest is asked for soon") {
        PoolLimits limits;
        limits.min_spare_servers = 100;
        limits.max_spare_servers = 100;
        PoolMemory memory;
        memory.refilled = 1000;
        PoolPlan step = plan(limits, {.idle = 0, .busy = 0}, 1000, false, memory);
        CHECK(step.start == 64);
        CHECK(step.again > 0);
        step = plan(limits, {.idle = 64, .busy = 0}, 1000, false, memory);
        CHECK(step.start == 0);
        CHECK(step.again > 0);
        step = plan(limits, {.idle = 64, .busy = 0}, 1020, false, memory);
        CHECK(step.start == 20);
        // Whoever has served and ended is replaced for nothing.
        for (int i = 0; i < 5; ++i) give_back(memory);
        CHECK(plan(limits, {.idle = 84, .busy = 0}, 1020, false, memory).start == 5);
    }

    TEST_CASE("reactive: what a whole period did not need goes, what is above the range goes now") {
        PoolMemory memory;
        Milliseconds now = 1000;
        CHECK(plan({}, {.idle = 10, .busy = 0}, now, true, memory).retire == 0);
        CHECK(plan({}, {.idle = 8, .busy = 2}, now + 5000, true, memory).retire == 0);
        // Never fewer than 8 idle in ten seconds: 3 above min_spare were not needed.
        CHECK(plan({}, {.idle = 10, .busy = 0}, now + 10'000, true, memory).retire == 3);
        CHECK(plan({}, {.idle = 7, .busy = 0}, now + 11'000, true, memory).retire == 0);
        CHECK(plan({}, {.idle = 14, .busy = 0}, now + 12'000, true, memory).retire == 4);
        // A gust within the period keeps its servers for the next.
        CHECK(plan({}, {.idle = 5, .busy = 3}, now + 15'000, true, memory).retire == 0);
        CHECK(plan({}, {.idle = 9, .busy = 0}, now + 20'000, true, memory).retire == 0);
    }
}
