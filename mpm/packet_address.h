// SPDX-License-Identifier: ISC
// The address of ours that a datagram was sent to, and that its answer comes from: clients that
// connect their socket accept no other. IP_PKTINFO of ip(7), RFC 3542.
#pragma once

#include <sys/socket.h>

#include "daemon/os/socket_address.h"

namespace minetd {

/// Room for what says it, in `msg_control`.
inline constexpr std::size_t packet_address_room = 256;

/// What a received message tells (want_packet_info() of daemon/os/socket.h), with the port of
/// `bound`; `bound` where it tells nothing, or an address that nobody can answer from.
SocketAddress local_address_of(msghdr& received, const SocketAddress& bound) noexcept;

/// Has a message sent from there, where that is an address and not any. `msg_control` points to
/// packet_address_room bytes; nothing of them is used without an address.
void send_from(msghdr& message, const SocketAddress& local) noexcept;

}  // namespace minetd
