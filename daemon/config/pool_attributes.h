// SPDX-License-Identifier: ISC
// The attributes of pools: which MPMs go by which of them, and what is in force unless said.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "daemon/config/service_spec.h"

namespace minetd {

struct PoolAttribute {
    std::string_view name;
    unsigned mpms;             ///< bit 1 << Serve of those that go by it
    std::string_view instead;  ///< what an MPM has in its place, if that MPM goes by it
    bool follows = false;      ///< unless said it follows from other attributes

    bool is_of(Serve serve) const noexcept { return (mpms >> static_cast<unsigned>(serve)) & 1; }
};

/// All that are pools, as bits.
extern const unsigned any_pool;
/// All members of PoolLimits, by the names of their rows.
std::span<const PoolAttribute> pool_attributes() noexcept;
/// Null for an attribute that is none of pools.
const PoolAttribute* find_pool_attribute(std::string_view name) noexcept;

/// What an MPM has when nobody says anything; source: mpm_default.h of Apache's MPMs.
PoolLimits default_pool_limits(Serve serve);

/// `worker, event`.
std::string mpms_text(unsigned mpms);

}  // namespace minetd
