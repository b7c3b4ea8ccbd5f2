// SPDX-License-Identifier: ISC
// A network and an /etc of the test's own: official ports are free, any client can have any
// address, and names mean what the test says. Both last as long as the process.
#pragma once

#include <map>
#include <string>

namespace minetd {

/// Loopback only, up; false without the privilege.
bool enter_own_network();

/// 10.0.0.0/8, 192.0.2.0/24 and 198.51.100.0/24, 2001:db8::7, ::8 and 2001:db8:1::7 are this host
/// too.
void add_addresses();

/// Puts a copy of what programs need of /etc in its place, below `directory`, with `files` (name
/// below /etc, text) added to it or in place of what is there. False without the privilege.
bool enter_own_etc(const std::string& directory, const std::map<std::string, std::string>& files);

}  // namespace minetd
