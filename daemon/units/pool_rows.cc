// SPDX-License-Identifier: ISC
// Pools, of which systemd has none.
#include <fmt/format.h>

#include "daemon/units/unit_rows.h"

namespace minetd {
namespace {

void pool(Translation& t) {
    if (!t.spec.is_pool() || t.shape == Shape::forwarded) return;
    t.lost("serve", t.shape == Shape::resident
                        ? "systemd has no pools: one copy of the program serves"
                        : "systemd has no pools: each connection starts the program");
}

constexpr std::string_view none = "systemd has no pools";

constexpr UnitRow rows[] = {
    {"start_servers", pool, none},
    {"min_spare_servers", nullptr, none},
    {"max_spare_servers", nullptr, none},
    {"min_spare_threads", nullptr, none},
    {"max_spare_threads", nullptr, none},
    {"threads_per_child", nullptr, none},
    {"thread_limit", nullptr},  // of scoreboards, as server_limit
    {"server_limit", nullptr},
    {"max_request_workers", nullptr},  // with instances
    {"max_connections_per_child", nullptr, none},
    {"async_request_worker_factor", nullptr, none},
    {"num_servers", nullptr, none},
    {"start_threads", nullptr, none},
    {"max_threads_per_child", nullptr, none},
    {"listen_cores_buckets_ratio", nullptr, none},
    {"thread_stack_size", nullptr, none},
    {"max_mem_free", nullptr, none},
    {"spawn_policy", nullptr, none},
    {"max_memory_per_child", nullptr, none},
    {"recycle_jitter", nullptr, none},
    {"drain_timeout", nullptr, none},
    {"start_timeout", nullptr, none},
    {"stuck_timeout", nullptr, none},
    {"accept", nullptr},  // its shape
    {"assign_user", nullptr, none},
};

}  // namespace

std::span<const UnitRow> pool_unit_rows() noexcept {
    return rows;
}

}  // namespace minetd
