// SPDX-License-Identifier: ISC
// A network that nobody else is in, where every address is this host's: a socket in it may have the
// address of anybody, and reaches nothing but the sockets that were made in it.
// network_namespaces(7); the local routes are those of ip-route(8), `ip route add local default`.
#pragma once

#include <functional>

#include "daemon/os/unique_fd.h"

namespace minetd {

/// A new one; it lasts as long as the descriptor, or a socket in it. Throws std::system_error: it
/// takes CAP_SYS_ADMIN.
UniqueFd make_private_network();

/// Runs `body` in there, on a thread of its own, and throws what that throws; std::system_error
/// where it cannot be entered.
void within_network(int network, const std::function<void()>& body);

}  // namespace minetd
