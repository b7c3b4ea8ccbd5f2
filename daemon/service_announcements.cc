// SPDX-License-Identifier: ISC
#include "daemon/service_announcements.h"

#include <algorithm>

namespace minetd {
namespace {

void set_text(auto& to, std::string_view text) {
    const std::size_t size = std::min(text.size(), sizeof to - 1);
    std::copy_n(text.data(), size, to);
    to[size] = '\0';
}

/// An IPv6 socket for any address that takes IPv4 peers too, as they see it.
SocketAddress as_ipv4(const SocketAddress& address) {
    SocketAddress v4;
    v4.v4 = {};
    v4.v4.sin_family = AF_INET;
    v4.v4.sin_port = address.v6.sin6_port;
    v4.length = sizeof v4.v4;
    return v4;
}

}  // namespace

Announcements rpc_announcements(const ServiceSpec& spec, std::span<const ListeningSocket> sockets) {
    Announcements out;
    if (spec.rpc.low == 0) return out;
    for (const ListeningSocket& socket : sockets) {
        if (!socket.address.is_ip()) continue;
        Announcement one;
        one.address = socket.address;
        one.datagram = spec.is_datagram() ? 1 : 0;
        one.program = spec.rpc.number;
        one.low = spec.rpc.low;
        one.high = spec.rpc.high;
        set_text(one.service, spec.id);
        const bool takes_v4 = spec.v6only ? !*spec.v6only : spec.family == Family::dual;
        // The buckets of a pool share an address.
        if (std::find(out.begin(), out.end(), one) == out.end()) out.push_back(one);
        if (!takes_v4 || socket.specific || one.address.family() != AF_INET6) continue;
        one.address = as_ipv4(socket.address);
        if (std::find(out.begin(), out.end(), one) == out.end()) out.push_back(one);
    }
    return out;
}

}  // namespace minetd
