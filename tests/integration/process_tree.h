// SPDX-License-Identifier: ISC
// The processes below the daemon, as /proc shows them at one moment.
#pragma once

#include <sys/types.h>

#include <vector>

namespace minetd {

struct ProcessView {
    pid_t pid = 0, parent = 0;
    uid_t uid = 0;
    char state = '?';  ///< proc(5): R, S, Z, …
};

/// The child that a process has; 0 where it has none.
pid_t only_child(pid_t parent);

/// All descendants; one that ends while it is looked at is left out.
std::vector<ProcessView> descendants(pid_t pid);

}  // namespace minetd
