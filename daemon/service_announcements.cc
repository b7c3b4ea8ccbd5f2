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

/// One for each place where it can be reached.
Announcements places(const ServiceSpec& spec, std::span<const ListeningSocket> sockets) {
    Announcements out;
    const bool takes_v4 = spec.v6only ? !*spec.v6only : spec.family == Family::dual;
    const auto add = [&](const SocketAddress& address) {
        Announcement one;
        one.address = address;
        one.datagram = spec.is_datagram() ? 1 : 0;
        set_text(one.service, spec.id);
        // The buckets of a pool share an address.
        if (std::find(out.begin(), out.end(), one) == out.end()) out.push_back(one);
    };
    for (const ListeningSocket& socket : sockets) {
        if (!socket.address.is_ip()) continue;
        add(socket.address);
        if (takes_v4 && !socket.specific && socket.address.family() == AF_INET6)
            add(as_ipv4(socket.address));
    }
    return out;
}

}  // namespace

Announcements rpc_announcements(const ServiceSpec& spec, std::span<const ListeningSocket> sockets) {
    if (spec.rpc.low == 0) return {};
    Announcements out = places(spec, sockets);
    for (Announcement& one : out) {
        one.program = spec.rpc.number;
        one.low = spec.rpc.low;
        one.high = spec.rpc.high;
    }
    return out;
}

Announcements mdns_announcements(const ServiceSpec& spec,
                                 std::span<const ListeningSocket> sockets) {
    const std::string type = discovery_type(spec);
    if (!spec.mdns.announced || !is_discovery_type(type)) return {};
    Announcements out = places(spec, sockets);
    std::erase_if(out, [](const Announcement& one) { return one.address.port() == 0; });
    for (Announcement& one : out) {
        set_text(one.name, spec.mdns.name);
        set_text(one.type, type);
        set_text(one.interface, spec.interface);
    }
    return out;
}

}  // namespace minetd
