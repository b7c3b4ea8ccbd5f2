// SPDX-License-Identifier: ISC
// What of a service is announced, and where it can be reached.
#pragma once

#include <span>

#include "daemon/announcement.h"
#include "daemon/config/service_spec.h"
#include "mpm/dispatcher.h"

namespace minetd {

/// For rpcbind(8): one for each socket of an RPC program, and one more where an IPv6 socket takes
/// IPv4 too.
Announcements rpc_announcements(const ServiceSpec& spec, std::span<const ListeningSocket> sockets);

/// For multicast DNS, in the same way: none for a service that is not to be announced, or cannot.
Announcements mdns_announcements(const ServiceSpec& spec, std::span<const ListeningSocket> sockets);

}  // namespace minetd
