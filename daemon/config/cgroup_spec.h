// SPDX-License-Identifier: ISC
// What all processes of a service together may use: limits of its cgroup (systemd.resource-control
// has the same under the same names).
#pragma once

#include <cstdint>
#include <optional>

namespace minetd {

/// Absent: the kernel's default, which is no limit, or a weight of 100.
struct CgroupLimits {
    std::optional<std::uint64_t> memory_max;   ///< bytes; beyond them processes are killed
    std::optional<std::uint64_t> memory_high;  ///< bytes; beyond them they are slowed down
    std::optional<std::uint64_t> tasks_max;    ///< processes and threads
    std::optional<unsigned> cpu_weight;        ///< 1 to 10000, beside other cgroups' 100
    std::optional<unsigned> cpu_quota;         ///< percent of one processor
    bool operator==(const CgroupLimits&) const = default;
};

}  // namespace minetd
