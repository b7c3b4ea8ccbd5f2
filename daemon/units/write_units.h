// SPDX-License-Identifier: ISC
// Unit files into a directory.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "daemon/units/unit_file.h"

namespace minetd {

/// Writes all of them, or none where a file of another text is there and `force` does not say to
/// replace it: throws std::runtime_error that names them, std::system_error for what the system
/// refuses. A file is never there in part. Makes the directory. Returns what was replaced.
std::vector<std::string> write_units(std::span<const UnitFile> units, const std::string& directory,
                                     bool force);

}  // namespace minetd
