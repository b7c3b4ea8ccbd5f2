// SPDX-License-Identifier: ISC
// Rules of which files may be reached, kept by the kernel for whoever asked for it (landlock(7)),
// also without root.
#pragma once

#include <string>
#include <vector>

#include "daemon/os/unique_fd.h"

namespace minetd {

/// Which version of landlock the kernel has; 0: none.
int landlock_version() noexcept;

/// Directories with all beneath them, or single files. Writing and executing include reading.
struct LandlockPaths {
    std::vector<std::string> read, write, execute;
};

/// A set of rules for landlock_restrict_self(2): everything but these paths is forbidden, as far
/// as the kernel's version goes. Throws std::system_error naming the path.
UniqueFd make_landlock_rules(const LandlockPaths& paths);

}  // namespace minetd
