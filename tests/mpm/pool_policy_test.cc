// SPDX-License-Identifier: ISC
#include "mpm/pool_policy.h"

#include <doctest/doctest.h>

#include <vector>

using namespace minetd;

namespace {

PoolShape apache_shape() {
    return {.policy = SpawnPolicy::apache};
}

/// Prefork: every worker is a server.
PoolCounts workers(unsigned idle, unsigned busy, unsigned leaving = 0) {
    return {.idle = idle, .busy = busy, .servers = idle + busy, .leaving = leaving};
}

/// Plays ticks: every server that is started is idle at the next tick, `busy` never changes what it
/// has.
std::vector<int> ticks(const PoolShape& shape, PoolCounts counts, int count,
                       PoolMemory memory = {}) {
    std::vector<int> steps;
    for (int i = 0; i < count; ++i) {
        const PoolPlan step = plan(shape, counts, 1000 * (i + 1), true, memory);
        counts.idle += step.start * shape.workers;
        counts.idle -= step.retire * shape.workers;
        counts.servers += step.start;
        counts.servers -= step.retire;
        steps.push_back(static_cast<int>(step.start) - static_cast<int>(step.retire));
    }
    return steps;
}

}  // namespace

TEST_SUITE("mpm") {
    TEST_CASE("apache: starts double from 1 to 32 while spares are short") {
        // All busy at once: 256 servers are there after 12 ticks (1+2+4+8+16, then 32 each).
        PoolCounts counts = workers(0, 5);
        PoolMemory memory;
        std::vector<unsigned> started;
        for (int i = 0; i < 14; ++i) {
            const PoolPlan step = plan(apache_shape(), counts, 1000 * i, true, memory);
            started.push_back(step.start);
            counts = workers(0, counts.busy + step.start);  // and all of them are taken at once
            CHECK(step.exhausted == (counts.busy == 256 && step.start == 0));
            CHECK(step.busy_pool == (step.start >= 8));
        }
        CHECK(started == std::vector<unsigned>{1, 2, 4, 8, 16, 32, 32, 32, 32, 32, 32, 28, 0, 0});
    }

    TEST_CASE("apache: the rate starts anew when there are enough spares, and one goes a second") {
        CHECK(ticks(apache_shape(), workers(0, 10), 5) == std::vector<int>{1, 2, 4, 0, 0});
        CHECK(ticks(apache_shape(), workers(14, 0), 6) == std::vector<int>{-1, -1, -1, -1, 0, 0});
        PoolMemory warm;
        warm.rate = 32;
        CHECK(ticks(apache_shape(), workers(7, 0), 1, warm) == std::vector<int>{0});
    }

    TEST_CASE("apache: nothing happens between ticks, and a hold-off keeps the rate") {
        PoolMemory memory;
        CHECK(plan(apache_shape(), workers(0, 9), 500, false, memory).start == 0);
        memory.hold_off = 2;
        CHECK(ticks(apache_shape(), workers(0, 100), 5, memory) == std::vector<int>{1, 1, 1, 2, 0});
    }

    TEST_CASE("apache: a program that has ended is an idle server again, not a missing one") {
        PoolMemory memory;
        give_back_program(memory);
        give_back_program(memory);
        CHECK(plan(apache_shape(), workers(3, 9), 500, false, memory).start == 2);
        CHECK(plan(apache_shape(), workers(5, 9), 600, false, memory).start == 0);
        give_back_program(memory);
        // Counted before the tick's own arithmetic: 4 + 1 are enough.
        CHECK(plan(apache_shape(), workers(4, 9), 1000, true, memory).start == 1);
        give_back_program(memory);
        CHECK(plan(apache_shape(), workers(0, 256), 1500, false, memory).start == 0);
    }

    TEST_CASE(
        "reactive: the whole deficit at once, up to the middle of the range and never above the "
        "limit") {
        const struct {
            PoolCounts counts;
            unsigned start;
            bool exhausted;
        } rows[] = {
            {workers(5, 100), 0, false},      {workers(4, 100), 3, false},  // to (5 + 10) / 2
            {workers(0, 100), 7, false},      {workers(0, 254), 2, false},
            {workers(0, 256), 0, true},       {workers(2, 254), 0, true},
            {workers(0, 100, 156), 7, false},  // who leaves holds no place
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
        const PoolShape shape{.min_spare = 100, .max_spare = 100};
        PoolMemory memory;
        memory.refilled = 1000;
        PoolPlan step = plan(shape, workers(0, 0), 1000, false, memory);
        CHECK(step.start == 64);
        CHECK(step.again > 0);
        step = plan(shape, workers(64, 0), 1000, false, memory);
        CHECK(step.start == 0);
        CHECK(step.again > 0);
        step = plan(shape, workers(64, 0), 1020, false, memory);
        CHECK(step.start == 20);
        // Whoever has served and ended is replaced for nothing.
        for (int i = 0; i < 5; ++i) give_back(memory);
        CHECK(plan(shape, workers(84, 0), 1020, false, memory).start == 5);
    }

    TEST_CASE("reactive: what a whole period did not need goes, what is above the range goes now") {
        PoolMemory memory;
        Milliseconds now = 1000;
        CHECK(plan({}, workers(10, 0), now, true, memory).retire == 0);
        CHECK(plan({}, workers(8, 2), now + 5000, true, memory).retire == 0);
        // Never fewer than 8 idle in ten seconds: 3 above min_spare were not needed.
        CHECK(plan({}, workers(10, 0), now + 10'000, true, memory).retire == 3);
        CHECK(plan({}, workers(7, 0), now + 11'000, true, memory).retire == 0);
        CHECK(plan({}, workers(14, 0), now + 12'000, true, memory).retire == 4);
        // A gust within the period keeps its servers for the next.
        CHECK(plan({}, workers(5, 3), now + 15'000, true, memory).retire == 0);
        CHECK(plan({}, workers(9, 0), now + 20'000, true, memory).retire == 0);
    }

    TEST_CASE("reactive: those who wait in the backlog are served by the same burst") {
        PoolMemory memory;
        PoolCounts counts = workers(0, 5);
        counts.waiting = 20;
        CHECK(plan({}, counts, 1000, false, memory).start == 27);
        counts.waiting = 1000;
        CHECK(plan({}, counts, 2000, false, memory).start == 64);  // the bucket
    }

    TEST_CASE("threads: spares are counted in threads, starts in processes") {
        const PoolShape worker{.start = 3,
                               .most = 16,
                               .min_spare = 75,
                               .max_spare = 250,
                               .workers = 25,
                               .threads = 25};
        const struct {
            PoolCounts counts;
            unsigned start, retire;
        } rows[] = {
            {{.idle = 75, .busy = 0, .servers = 3}, 0, 0},
            {{.idle = 74, .busy = 1, .servers = 3}, 1, 0},
            {{.idle = 25, .busy = 50, .servers = 3}, 2, 0},
            {{.idle = 0, .busy = 75, .servers = 3}, 3, 0},
            {{.idle = 0, .busy = 75, .servers = 3, .waiting = 26}, 5, 0},
            {{.idle = 10, .busy = 390, .servers = 16}, 0, 0},
            {{.idle = 10, .busy = 390, .servers = 14}, 2, 0},
            {{.idle = 300, .busy = 0, .servers = 12}, 0, 2},
            {{.idle = 270, .busy = 5, .servers = 11}, 0, 0},  // not a whole one too many
        };
        for (const auto& row : rows) {
            CAPTURE(row.counts.idle);
            PoolMemory memory;
            const PoolPlan step = plan(worker, row.counts, 1000, false, memory);
            CHECK(step.start == row.start);
            CHECK(step.retire == row.retire);
        }
    }

    TEST_CASE("apache: the same steps in processes, and event lets one go at a time") {
        PoolShape worker{.start = 3,
                         .most = 16,
                         .min_spare = 75,
                         .max_spare = 250,
                         .workers = 25,
                         .threads = 25,
                         .policy = SpawnPolicy::apache};
        // Everything busy: 3 to 16 processes in four ticks.
        PoolCounts counts{.busy = 75, .servers = 3};
        PoolMemory memory;
        std::vector<unsigned> started;
        for (int i = 0; i < 5; ++i) {
            const PoolPlan step = plan(worker, counts, 1000 * i, true, memory);
            started.push_back(step.start);
            counts.servers += step.start;
            counts.busy += 25 * step.start;
        }
        CHECK(started == std::vector<unsigned>{1, 2, 4, 6, 0});
        const PoolCounts many{.idle = 300, .servers = 12, .leaving = 1};
        CHECK(plan(worker, many, 9000, true, memory).retire == 1);
        worker.one_leaves_at_a_time = true;
        CHECK(plan(worker, many, 9000, true, memory).retire == 0);
    }

    TEST_CASE("a resident program's pool begins with a constant number, with room to grow") {
        ServiceSpec spec;
        spec.serve = Serve::prefork;
        spec.pool.accept = true;
        spec.pool.start_servers = 3;
        PoolShape shape = shape_of(spec);
        PoolMemory memory;
        CHECK(plan(shape, {.idle = 3, .servers = 3}, 1000, true, memory).start == 0);
        CHECK(plan(shape, {.idle = 2, .servers = 2}, 2000, true, memory).start == 1);
        CHECK(plan(shape, {.busy = 3, .servers = 3, .waiting = 9}, 3000, true, memory).start == 0);
        shape.fixed = false;  // they tell what they do
        CHECK(plan(shape, {.busy = 3, .servers = 3}, 4000, true, memory).start > 0);
    }

    TEST_CASE(
        "apache: event waits for who leaves, and a tick longer, unless there are places left") {
        PoolShape event{.start = 3,
                        .most = 6,
                        .min_spare = 25,
                        .max_spare = 50,
                        .workers = 25,
                        .threads = 25,
                        .one_leaves_at_a_time = true,
                        .policy = SpawnPolicy::apache};
        const struct {
            unsigned places;
            std::vector<int> steps;
        } rows[] = {
            // 6 servers, of which 4 are too many; each is gone before the next tick.
            {6, {-1, 0, -1, 0, -1, 0, -1, 0}},
            {12, {-1, 0, -1, -1, -1, 0, 0, 0}},  // from 5 on
            {13, {-1, -1, -1, -1, 0, 0, 0, 0}},
            {16, {-1, -1, -1, -1, 0, 0, 0, 0}},
        };
        for (const auto& row : rows) {
            CAPTURE(row.places);
            event.places = row.places;
            CHECK(ticks(event, {.idle = 150, .servers = 6}, 8) == row.steps);
        }
        // Whoever is long on its way holds a place of those that could be sent home.
        event.places = 13;
        PoolMemory memory;
        CHECK(plan(event, {.idle = 100, .servers = 4, .leaving = 2}, 1000, true, memory).retire ==
              1);
        CHECK(plan(event, {.idle = 100, .servers = 4, .leaving = 3}, 2000, true, memory).retire ==
              0);
    }

    TEST_CASE("a fixed pool has its number of servers, whatever they do") {
        const PoolShape fixed{.start = 2, .most = 2, .workers = 5, .threads = 64, .fixed = true};
        PoolMemory memory;
        CHECK(plan(fixed, {}, 1000, false, memory).start == 2);
        CHECK(plan(fixed, {.busy = 128, .servers = 2}, 1000, true, memory).start == 0);
        CHECK(plan(fixed, {.idle = 128, .servers = 2}, 1000, true, memory).retire == 0);
        // Only when no thread can be added either is nothing more to be had.
        CHECK(plan(fixed, {.busy = 128, .servers = 2}, 1000, true, memory).exhausted);
        CHECK_FALSE(plan(fixed, {.busy = 127, .servers = 2}, 1000, true, memory).exhausted);
        CHECK(plan(fixed, {.busy = 9, .servers = 1, .leaving = 1}, 1000, true, memory).start == 1);
    }

    TEST_CASE("the shape of a pool is what its MPM's directives come to") {
        ServiceSpec spec;
        spec.serve = Serve::prefork;
        spec.pool.max_request_workers = 150;
        CHECK(shape_of(spec).most == 150);
        CHECK(shape_of(spec).threads == 1);
        spec.serve = Serve::worker;
        spec.pool.threads_per_child = 25;
        spec.pool.server_limit = 16;
        spec.pool.max_request_workers = 300;
        CHECK(shape_of(spec).most == 12);
        CHECK(shape_of(spec).workers == 25);
        CHECK_FALSE(shape_of(spec).one_leaves_at_a_time);
        spec.serve = Serve::event;
        CHECK(shape_of(spec).one_leaves_at_a_time);
        CHECK(shape_of(spec).places == 16);
        spec.serve = Serve::perchild;
        CHECK(shape_of(spec).fixed);
        CHECK(shape_of(spec).start == 2);
        CHECK(shape_of(spec).threads == 64);
    }
}
