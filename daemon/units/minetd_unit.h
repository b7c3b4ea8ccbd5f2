// SPDX-License-Identifier: ISC
// A unit in which minetd serves one service, of which it carries the configuration.
#pragma once

#include <string>

#include "daemon/config/configuration.h"
#include "daemon/units/unit_file.h"

namespace minetd {

/// [Service]. `configuration` is what it serves, and says what of it systemd gives another way.
void write_minetd_service(Configuration configuration, const std::string& minetd, UnitFile& unit);

}  // namespace minetd
