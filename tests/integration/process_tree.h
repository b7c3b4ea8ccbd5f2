// SPDX-License-Identifier: ISC
// The processes below the daemon, as /proc shows them at one moment.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <vector>

namespace minetd {

struct ProcessView {
    pid_t pid = 0, parent = 0;
    uid_t uid = 0;
    char state = '?';  ///< proc(5): R, S, Z, …
};

/// Calls `each` with /proc/PID/task/TID of every thread there is; with none of a process that
/// ended.
void for_each_task(pid_t pid, const std::function<void(const std::filesystem::path&)>& each);

/// How many descriptors a process has open.
std::size_t open_descriptors(pid_t pid);

/// The child that a process has; 0 where it has none.
pid_t only_child(pid_t parent);

/// No process has any of their numbers any more.
bool are_gone(const std::vector<ProcessView>& processes);

/// All descendants; one that ends while it is looked at is left out.
std::vector<ProcessView> descendants(pid_t pid);

}  // namespace minetd
