// SPDX-License-Identifier: ISC
#include "daemon/config/pool_clamps.h"

#include <fmt/core.h>

namespace minetd {
namespace {

constexpr unsigned server_cap = 200'000;  ///< Apache's MAX_SERVER_LIMIT for prefork

}  // namespace

std::vector<Clamp> clamp(PoolLimits& pool) {
    std::vector<Clamp> clamps;
    const auto correct = [&](std::string_view name, unsigned& value, unsigned right,
                             std::string_view why) {
        clamps.push_back({name, fmt::format("{} = {} becomes {}: {}", name, value, right, why)});
        value = right;
    };
    if (pool.server_limit > server_cap)
        correct("server_limit", pool.server_limit, server_cap, "no pool can have more servers");
    if (pool.server_limit < 1)
        correct("server_limit", pool.server_limit, 1, "a pool needs a server");
    if (pool.max_request_workers > pool.server_limit)
        correct("max_request_workers", pool.max_request_workers, pool.server_limit,
                "it cannot exceed server_limit, which you may raise");
    if (pool.max_request_workers < 1)
        correct("max_request_workers", pool.max_request_workers, 1, "a pool needs a server");
    if (pool.start_servers < 1)
        correct("start_servers", pool.start_servers, 1, "a pool starts with a server");
    if (pool.min_spare_servers < 1)
        correct("min_spare_servers", pool.min_spare_servers, 1,
                "without a spare server no connection is taken");
    if (pool.max_spare_servers < pool.min_spare_servers + 1)
        correct("max_spare_servers", pool.max_spare_servers, pool.min_spare_servers + 1,
                "it must exceed min_spare_servers, or servers are started and ended in turn");
    return clamps;
}

std::span<const std::string_view> pool_attributes() noexcept {
    static constexpr std::string_view names[] = {
        "start_servers",       "min_spare_servers",         "max_spare_servers", "server_limit",
        "max_request_workers", "max_connections_per_child", "spawn_policy"};
    return names;
}

}  // namespace minetd
