// SPDX-License-Identifier: ISC
#include "mpm/pool_policy.h"

#include <algorithm>
#include <utility>

namespace minetd {
namespace {

unsigned room(const PoolShape& shape, const PoolCounts& counts) noexcept {
    return shape.most > counts.servers ? shape.most - counts.servers : 0;
}

PoolPlan plan_fixed(const PoolShape& shape, const PoolCounts& counts) noexcept {
    PoolPlan result;
    result.start = shape.start > counts.servers ? shape.start - counts.servers : 0;
    result.exhausted = result.start == 0 && counts.busy >= counts.servers * shape.threads;
    return result;
}

bool may_retire(const PoolShape& shape, const PoolCounts& counts,
                const PoolMemory& memory) noexcept {
    const unsigned leaving = std::max(counts.leaving, memory.leaving);
    return !shape.one_leaves_at_a_time || leaving == 0 ||
           shape.places > counts.servers + leaving + shape.most;
}

/// reference: perform_idle_server_maintenance of prefork, worker and event, as their documentation
/// describes it.
PoolPlan plan_apache(const PoolShape& shape, const PoolCounts& counts,
                     PoolMemory& memory) noexcept {
    PoolPlan result;
    if (counts.idle > shape.max_spare) {
        result.retire = may_retire(shape, counts, memory) ? 1 : 0;
        memory.rate = 1;
    } else if (counts.idle < shape.min_spare) {
        const unsigned free = room(shape, counts);
        if (free == 0) {
            result.exhausted = true;
            memory.rate = 1;
        } else {
            result.start = std::min(memory.rate, free);
            result.busy_pool = memory.rate >= 8;
            if (memory.hold_off > 0)
                --memory.hold_off;
            else if (memory.rate < max_spawn_rate)
                memory.rate *= 2;
        }
    } else {
        memory.rate = 1;
    }
    memory.leaving = counts.leaving + result.retire;
    return result;
}

unsigned servers_for(const PoolShape& shape, unsigned workers) noexcept {
    return (workers + shape.workers - 1) / shape.workers;
}

PoolPlan plan_reactive(const PoolShape& shape, const PoolCounts& counts, Milliseconds now,
                       PoolMemory& memory) noexcept {
    PoolPlan result;
    const double elapsed = static_cast<double>(std::max<Milliseconds>(0, now - memory.refilled));
    memory.tokens = std::min(start_burst, memory.tokens + elapsed * starts_per_second / 1000);
    memory.refilled = now;
    if (memory.period_began == 0) memory.period_began = now;
    memory.low_water = std::min(memory.low_water, counts.idle);

    if (counts.idle < shape.min_spare) {
        const unsigned free = room(shape, counts);
        // Some way into the allowed range: the next few clients then cost no decision. Those who
        // wait in the backlog already are served by the same burst.
        const unsigned target =
            shape.min_spare + (shape.workers == 1 ? (shape.max_spare - shape.min_spare) / 2 : 0);
        const unsigned short_of = target - counts.idle + counts.waiting;
        const unsigned deficit = std::min(servers_for(shape, short_of), free);
        result.exhausted = free == 0;
        result.start = std::min(deficit, static_cast<unsigned>(memory.tokens));
        memory.tokens -= result.start;
        if (result.start < deficit)
            result.again = static_cast<Milliseconds>(1000 / starts_per_second) + 1;
        return result;
    }
    if (counts.idle > shape.max_spare)
        result.retire = (counts.idle - shape.max_spare) / shape.workers;
    if (now - memory.period_began >= shrink_period) {
        const auto surplus = [&](unsigned idle) {
            return idle > shape.min_spare ? (idle - shape.min_spare) / shape.workers : 0;
        };
        result.retire =
            std::max(result.retire, std::min(surplus(memory.low_water), surplus(counts.idle)));
        memory.period_began = now;
        memory.low_water = counts.idle - result.retire * shape.workers;
    }
    return result;
}

unsigned threads_or_one(unsigned threads) noexcept {
    return std::max(1U, threads);
}

}  // namespace

PoolShape shape_of(const ServiceSpec& spec) noexcept {
    const PoolLimits& limits = spec.pool;
    PoolShape shape;
    shape.policy = limits.spawn_policy;
    switch (spec.serve) {
        case Serve::worker:
        case Serve::event:
            shape.workers = shape.threads = threads_or_one(limits.threads_per_child);
            shape.most = std::max(
                1U, std::min(limits.max_request_workers / shape.workers, limits.server_limit));
            shape.min_spare = limits.min_spare_threads;
            shape.max_spare = limits.max_spare_threads;
            shape.one_leaves_at_a_time = spec.serve == Serve::event;
            shape.places = limits.server_limit;
            break;
        case Serve::threads:
        case Serve::perchild:
            shape.fixed = true;
            shape.workers = threads_or_one(limits.start_threads);
            shape.threads = threads_or_one(limits.max_threads_per_child);
            shape.start = shape.most = std::max(1U, limits.num_servers);
            return shape;
        default:
            shape.most = std::min(limits.max_request_workers, limits.server_limit);
            shape.min_spare = limits.min_spare_servers;
            shape.max_spare = limits.max_spare_servers;
            break;
    }
    shape.start = std::min(limits.start_servers, shape.most);
    shape.fixed = spec.is_resident();  // until they tell what they do, there is nothing to go by
    return shape;
}

void give_back_program(PoolMemory& memory) noexcept {
    give_back(memory);
    ++memory.replace;
}

void give_back(PoolMemory& memory) noexcept {
    memory.tokens = std::min(start_burst, memory.tokens + 1);
}

PoolPlan plan(const PoolShape& shape, const PoolCounts& counts, Milliseconds now, bool tick,
              PoolMemory& memory) noexcept {
    if (shape.fixed) return plan_fixed(shape, counts);
    if (shape.policy == SpawnPolicy::reactive) return plan_reactive(shape, counts, now, memory);
    PoolCounts then = counts;
    const unsigned replaced = std::min(std::exchange(memory.replace, 0), room(shape, counts));
    then.idle += replaced;
    then.servers += replaced;
    PoolPlan result = tick ? plan_apache(shape, then, memory) : PoolPlan{};
    result.start += replaced;
    return result;
}

}  // namespace minetd
