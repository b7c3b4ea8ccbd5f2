// SPDX-License-Identifier: ISC
// Whom a builtin datagram service must not answer. A datagram's source can be forged, and an
// answer to another service that answers is the beginning of a loop (CERT CA-1996-01, VU#417980).
// Pure: a verdict from the mode and the address.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "daemon/config/service_spec.h"
#include "daemon/os/socket_address.h"

namespace minetd {

/// Why this peer is not answered, for the record; empty when it is.
///   strict  no source port that a service has (below 1024, a known reflector, one of `own_ports`:
///           our builtin datagram services, host order), no address that is nobody's or
///           everybody's, no loopback;
///   local   the same, but a loopback address is as good as any;
///   off     whoever can be answered at all.
/// IPv4 addresses in IPv6 ones (mapped, compatible) are judged as IPv4. Peers on a unix socket
/// cannot be forged; they only need a name to be answered.
std::string_view refuse_reply(UdpGuard guard, const SocketAddress& peer,
                              std::span<const std::uint16_t> own_ports) noexcept;

/// Whether replies to this peer that are larger than its requests are subject to a ReplyBudget.
bool is_budgeted(UdpGuard guard, const SocketAddress& peer) noexcept;

}  // namespace minetd
