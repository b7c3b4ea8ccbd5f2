// SPDX-License-Identifier: ISC
// Resource limits by the names that an admin knows.
#pragma once

#include <string_view>

namespace minetd {

/// The name of the attribute that says a limit on this resource (RLIMIT_NOFILE and so on).
std::string_view limit_attribute(int resource);

}  // namespace minetd
