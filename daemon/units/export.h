// SPDX-License-Identifier: ISC
// A configuration as units of systemd, for hosts that go on without minetd.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "daemon/config/configuration.h"
#include "daemon/units/translation.h"
#include "daemon/units/unit_file.h"

namespace minetd {

struct ExportOptions {
    std::string minetd;  ///< its path, for what only minetd serves
    bool ipv6 = true;    ///< the host has it
    std::span<const KnownBuiltin> builtins;
};

struct UnitExport {
    std::vector<UnitFile> files;
    std::vector<Loss> losses;  ///< each is a remark in a unit too, where there is one
};

/// One socket unit and one service unit for each service, and a slice where limits are for all its
/// processes together. Opens nothing.
UnitExport export_units(const Configuration& configuration, const ExportOptions& options);

}  // namespace minetd
