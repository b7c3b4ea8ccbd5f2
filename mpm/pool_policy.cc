// SPDX-License-Identifier: ISC
#include "mpm/pool_policy.h"

#include <algorithm>
#include <utility>

namespace minetd {
namespace {

/// reference: prefork's perform_idle_server_maintenance, as described by its documentation.
PoolPlan plan_apache(const PoolLimits& limits, const PoolCounts& counts,
                     PoolMemory& memory) noexcept {
    PoolPlan result;
    const unsigned most = most_servers(limits);
    if (counts.idle > limits.max_spare_servers) {
        result.retire = 1;
        memory.rate = 1;
    } else if (counts.idle < limits.min_spare_servers) {
        const unsigned free = most > counts.total() ? most - counts.total() : 0;
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
    return result;
}

PoolPlan plan_reactive(const PoolLimits& limits, const PoolCounts& counts, Milliseconds now,
                       PoolMemory& memory) noexcept {
    PoolPlan result;
    const double elapsed = static_cast<double>(std::max<Milliseconds>(0, now - memory.refilled));
    memory.tokens = std::min(start_burst, memory.tokens + elapsed * starts_per_second / 1000);
    memory.refilled = now;
    if (memory.period_began == 0) memory.period_began = now;
    memory.low_water = std::min(memory.low_water, counts.idle);

    const unsigned most = most_servers(limits);
    if (counts.idle < limits.min_spare_servers) {
        const unsigned free = most > counts.total() ? most - counts.total() : 0;
        // Up to the middle of the allowed range: the next few clients then cost no decision.
        const unsigned target = (limits.min_spare_servers + limits.max_spare_servers) / 2;
        const unsigned deficit = std::min(target - counts.idle, free);
        result.exhausted = free == 0;
        result.start = std::min(deficit, static_cast<unsigned>(memory.tokens));
        memory.tokens -= result.start;
        if (result.start < deficit)
            result.again = static_cast<Milliseconds>(1000 / starts_per_second) + 1;
        return result;
    }
    if (counts.idle > limits.max_spare_servers)
        result.retire = counts.idle - limits.max_spare_servers;
    if (now - memory.period_began >= shrink_period) {
        const unsigned unneeded = memory.low_water > limits.min_spare_servers
                                      ? memory.low_water - limits.min_spare_servers
                                      : 0;
        result.retire =
            std::max(result.retire, std::min(unneeded, counts.idle - limits.min_spare_servers));
        memory.period_began = now;
        memory.low_water = counts.idle - result.retire;
    }
    return result;
}

}  // namespace

void give_back_program(PoolMemory& memory) noexcept {
    give_back(memory);
    ++memory.replace;
}

void give_back(PoolMemory& memory) noexcept {
    memory.tokens = std::min(start_burst, memory.tokens + 1);
}

unsigned most_servers(const PoolLimits& limits) noexcept {
    return std::min(limits.max_request_workers, limits.server_limit);
}

PoolPlan plan(const PoolLimits& limits, const PoolCounts& counts, Milliseconds now, bool tick,
              PoolMemory& memory) noexcept {
    if (limits.spawn_policy == SpawnPolicy::reactive)
        return plan_reactive(limits, counts, now, memory);
    PoolCounts then = counts;
    const unsigned most = most_servers(limits);
    const unsigned free = most > counts.total() ? most - counts.total() : 0;
    const unsigned replaced = std::min(std::exchange(memory.replace, 0), free);
    then.idle += replaced;
    PoolPlan result = tick ? plan_apache(limits, then, memory) : PoolPlan{};
    result.start += replaced;
    return result;
}

}  // namespace minetd
