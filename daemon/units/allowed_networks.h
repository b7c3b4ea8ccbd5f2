// SPDX-License-Identifier: ISC
// Access lists as IPAddressAllow= and IPAddressDeny= say them (systemd.resource-control(5)), where
// who is allowed is allowed even if he is denied, and names mean nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/config/admission_spec.h"

namespace minetd {

struct AllowedNetworks {
    std::vector<std::string> allow, deny;
};

/// The same lists. Nothing where they have names, or would become too long.
std::optional<AllowedNetworks> allowed_networks(const AccessLists& lists);

}  // namespace minetd
