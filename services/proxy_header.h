// SPDX-License-Identifier: ISC
// What a proxy says before the first byte of a connection that it forwards: who the client is, and
// what it connected to. HAProxy's PROXY protocol, versions 1 and 2
// (https://www.haproxy.org/download/2.8/doc/proxy-protocol.txt).
#pragma once

#include <string>

#include "daemon/config/admission_spec.h"
#include "daemon/os/socket_address.h"

namespace minetd {

/// Empty for ProxyProtocol::no. Peers without an IP address are UNKNOWN (version 1) or LOCAL
/// (version 2); mapped IPv4 addresses are the IPv4 addresses that they are.
std::string proxy_header(ProxyProtocol version, const SocketAddress& peer,
                         const SocketAddress& local);

}  // namespace minetd
