// SPDX-License-Identifier: ISC
// Apache's corrections of pool limits that contradict each other (prefork, ap_mpm check_config).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/config/service_spec.h"

namespace minetd {

struct Clamp {
    std::string_view attribute;
    std::string message;
};

/// Corrects `pool` and says what it did; a second call finds nothing.
std::vector<Clamp> clamp(PoolLimits& pool);

/// The attributes that only pools go by.
std::span<const std::string_view> pool_attributes() noexcept;

}  // namespace minetd
