// SPDX-License-Identifier: ISC
// The sockets that a process holds, as /proc shows them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <set>

namespace minetd {

/// Inodes of all of them; none of a process that has ended.
std::set<ino_t> sockets_of(pid_t pid);

/// The far ends' ports of the connections over IP that the process holds; it is stopped, so that
/// they stay. Throws std::system_error where its descriptors cannot be had (pidfd_getfd(2)).
std::set<std::uint16_t> peers_of(pid_t pid);

/// Stopped by a signal, with all its threads.
bool is_stopped(pid_t pid);

}  // namespace minetd
