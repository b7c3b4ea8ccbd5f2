// SPDX-License-Identifier: ISC
// The processes a process has started, directly or not.
#pragma once

#include <sys/types.h>

#include <vector>

namespace minetd::bench {

/// All living descendants of `root`, zombies left out, in no order; `root` itself is not one.
std::vector<pid_t> descendants(pid_t root);

/// Kills every descendant of the calling process and reaps it; the caller must be a subreaper
/// (PR_SET_CHILD_SUBREAPER), so that nobody escapes by losing its parent. False when some process
/// was still there after `seconds`.
bool end_descendants(double seconds);

}  // namespace minetd::bench
