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

}  // namespace minetd
