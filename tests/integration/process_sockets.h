// SPDX-License-Identifier: ISC
// The sockets that a process holds, as /proc shows them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <set>

namespace minetd {

/// Inodes of all of them; none of a process that has ended.
std::set<ino_t> sockets_of(pid_t pid);

/// The far ends' ports of the IPv4 connections to this port of ours that the process holds.
std::set<std::uint16_t> peers_of(pid_t pid, std::uint16_t port);

/// Stopped by a signal, with all its threads.
bool is_stopped(pid_t pid);

}  // namespace minetd
