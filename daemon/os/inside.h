// SPDX-License-Identifier: ISC
// Paths as a process finds them whose root directory is another one.
#pragma once

#include <sys/stat.h>

#include <string>

namespace minetd {

/// stat(2) of a path inside `root`, which no `..` and no symbolic link leaves; an empty root is the
/// own one. Returns 0, or -1 with errno set. openat2(2), RESOLVE_IN_ROOT.
int stat_inside(const std::string& root, const std::string& path, struct stat& status) noexcept;

}  // namespace minetd
