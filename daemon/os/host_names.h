// SPDX-License-Identifier: ISC
// Names of hosts, as the resolver knows them. Every call may take as long as the slowest name
// server: only for a process that keeps nobody else waiting. What the resolver could not tell is
// the same as what does not exist: nothing is known.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "daemon/os/clock.h"
#include "daemon/os/socket_address.h"

namespace minetd {

/// The host's name in lower case, if the addresses of that name have this one among them: who owns
/// an address can have it say any name. Empty otherwise.
std::string confirmed_name(const SocketAddress& address);

/// Empty when there are none.
std::vector<SocketAddress> addresses_of(const std::string& host);

/// Those of the names that have no address now, and why. All are looked up at once, and none for
/// longer than `patience`.
std::map<std::string, std::string> without_address(const std::vector<std::string>& names,
                                                   Milliseconds patience);

/// A mapped IPv4 address (::ffff:a.b.c.d) as the IPv4 address that it is; others as they are.
SocketAddress unmapped(const SocketAddress& address) noexcept;

}  // namespace minetd
