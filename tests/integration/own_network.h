// SPDX-License-Identifier: ISC
// A network, and files of the system, of a test's own: ports below 1024, names of hosts and
// hosts.allow without touching the machine's. Needs root.
#pragma once

#include <functional>
#include <map>
#include <string>

namespace minetd {

/// Runs `body` on a thread in name spaces of its own, with a loopback interface and with an /etc
/// that has these files beside the few that every program needs. What the body starts is there too.
/// Returns false, and says so, where that takes root and this is not root. An exception in the body
/// is the caller's.
bool in_own_network(const std::map<std::string, std::string>& etc,
                    const std::function<void()>& body);

/// Writes a file of that /etc anew, from within.
void write_etc(const std::string& name, const std::string& text);

}  // namespace minetd
