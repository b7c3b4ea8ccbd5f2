// SPDX-License-Identifier: ISC
// Sockets that systemd opens for minetd, so that the first of their clients starts it:
// systemd.socket(5), sd_listen_fds(3).
#pragma once

#include <string>
#include <vector>

#include "daemon/config/configuration.h"
#include "daemon/units/translation.h"
#include "daemon/units/unit_file.h"

namespace minetd {

struct LazyStart {
    std::vector<UnitFile> sockets;  ///< one for each service: a unit has one name and one backlog
    std::vector<Loss> left;         ///< services whose sockets minetd opens, once it is started
};

/// What minetd.service would open itself. `source` is the configuration's path, `ipv6`: this host
/// has it.
LazyStart lazy_start(const Configuration& configuration, const std::string& source, bool ipv6);

}  // namespace minetd
