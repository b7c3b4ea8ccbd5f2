// SPDX-License-Identifier: ISC
// Apache's corrections of pool limits that contradict each other (check_config of its MPMs).
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/config/service_spec.h"

namespace minetd {

struct Clamp {
    std::string_view attribute;
    std::string message;
};

/// Whether somebody gave a value to an attribute.
using Said = std::function<bool(std::string_view attribute)>;

/// Makes the limits of a pool what they mean: what nobody said is its MPM's default or follows from
/// the rest, what its MPM does not go by is as in any other pool of the kind, and what contradicts
/// the rest is corrected and told. A second call with everything said finds nothing.
std::vector<Clamp> settle_pool(ServiceSpec& spec, const Said& said);

}  // namespace minetd
