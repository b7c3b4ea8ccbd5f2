// SPDX-License-Identifier: ISC
#include "services/reflection.h"

#include <algorithm>
#include <cstddef>

namespace minetd {

namespace {

struct ReflectorPort {
    std::uint16_t port;
    std::string_view reason;
};

// Ports whose owner answers what it did not ask for, sorted. Below 1024 every port is refused; the
// rows there only name the culprit. Ports from 32768 up are left out, whatever is known of them:
// they are the ones that honest clients are given.
constexpr ReflectorPort reflectors[] = {
    {7, "source port 7 (echo)"},
    {9, "source port 9 (discard)"},
    {11, "source port 11 (systat)"},
    {13, "source port 13 (daytime)"},
    {17, "source port 17 (qotd)"},
    {19, "source port 19 (chargen)"},
    {37, "source port 37 (time)"},
    {53, "source port 53 (DNS)"},
    {69, "source port 69 (TFTP)"},
    {111, "source port 111 (portmapper)"},
    {123, "source port 123 (NTP)"},
    {137, "source port 137 (NetBIOS names)"},
    {161, "source port 161 (SNMP)"},
    {389, "source port 389 (CLDAP)"},
    {427, "source port 427 (SLP)"},
    {500, "source port 500 (IKE)"},
    {520, "source port 520 (RIP)"},
    {1434, "source port 1434 (MS SQL browser)"},
    {1604, "source port 1604 (Citrix ICA browser)"},
    {1701, "source port 1701 (L2TP)"},
    {1900, "source port 1900 (SSDP)"},
    {2049, "source port 2049 (NFS)"},
    {3283, "source port 3283 (Apple Remote Desktop)"},
    {3478, "source port 3478 (STUN)"},
    {3702, "source port 3702 (WS-Discovery)"},
    {5060, "source port 5060 (SIP)"},
    {5093, "source port 5093 (Sentinel)"},
    {5351, "source port 5351 (NAT-PMP)"},
    {5353, "source port 5353 (mDNS)"},
    {5683, "source port 5683 (CoAP)"},
    {6881, "source port 6881 (BitTorrent DHT)"},
    {10001, "source port 10001 (Ubiquiti discovery)"},
    {11211, "source port 11211 (memcached)"},
    {17185, "source port 17185 (VxWorks debugger)"},
    {26000, "source port 26000 (Quake)"},
    {27015, "source port 27015 (Source engine)"},
    {27960, "source port 27960 (Quake 3)"},
    {30718, "source port 30718 (Lantronix)"},
    {32414, "source port 32414 (Plex)"},
};
static_assert(std::ranges::is_sorted(reflectors, {}, &ReflectorPort::port));

constexpr std::uint16_t first_unprivileged_port = 1024;

constexpr std::string_view loopback = "loopback source address";

struct Ipv4Class {
    std::uint32_t network, mask;
    std::string_view reason;
};

// Directed broadcasts are not here: they cannot be told without the interfaces' masks, and the
// kernel refuses to send to them from a socket that did not ask for it.
constexpr Ipv4Class ipv4_classes[] = {
    {0x00000000, 0xff000000, "source address in 0.0.0.0/8"},
    {0x7f000000, 0xff000000, loopback},
    {0xe0000000, 0xf0000000, "multicast source address"},
    {0xf0000000, 0xf0000000, "source address in 240.0.0.0/4"},
};

std::string_view ipv4_refusal(std::uint32_t address) noexcept {
    for (const Ipv4Class& c : ipv4_classes)
        if ((address & c.mask) == c.network) return c.reason;
    return {};
}

std::string_view ipv6_refusal(const in6_addr& address) noexcept {
    if (IN6_IS_ADDR_UNSPECIFIED(&address)) return "unspecified source address";
    if (IN6_IS_ADDR_LOOPBACK(&address)) return loopback;
    if (IN6_IS_ADDR_MULTICAST(&address)) return "multicast source address";
    if (IN6_IS_ADDR_V4MAPPED(&address) || IN6_IS_ADDR_V4COMPAT(&address)) {
        const std::uint8_t* const tail = address.s6_addr + 12;
        return ipv4_refusal(std::uint32_t{tail[0]} << 24 | std::uint32_t{tail[1]} << 16 |
                            std::uint32_t{tail[2]} << 8 | tail[3]);
    }
    return {};
}

std::string_view address_refusal(const SocketAddress& peer) noexcept {
    return peer.family() == AF_INET ? ipv4_refusal(ntohl(peer.v4.sin_addr.s_addr))
                                    : ipv6_refusal(peer.v6.sin6_addr);
}

std::string_view port_refusal(std::uint16_t port,
                              std::span<const std::uint16_t> own_ports) noexcept {
    const auto row = std::ranges::lower_bound(reflectors, port, {}, &ReflectorPort::port);
    if (row != std::end(reflectors) && row->port == port) return row->reason;
    if (port < first_unprivileged_port) return "source port below 1024";
    if (std::ranges::find(own_ports, port) != own_ports.end())
        return "source port of a builtin service of this daemon";
    return {};
}

}  // namespace

std::string_view refuse_reply(UdpGuard guard, const SocketAddress& peer,
                              std::span<const std::uint16_t> own_ports) noexcept {
    if (!peer.is_ip()) {
        const bool named =
            peer.family() == AF_UNIX && peer.length > offsetof(sockaddr_un, sun_path);
        return named ? std::string_view() : "source without an address";
    }
    if (peer.port() == 0) return "source port 0";
    if (guard == UdpGuard::off) return {};

    if (const auto reason = port_refusal(peer.port(), own_ports); !reason.empty()) return reason;
    const std::string_view reason = address_refusal(peer);
    return guard == UdpGuard::local && reason == loopback ? std::string_view() : reason;
}

bool is_budgeted(UdpGuard guard, const SocketAddress& peer) noexcept {
    if (guard == UdpGuard::off || !peer.is_ip()) return false;
    return guard == UdpGuard::strict || address_refusal(peer) != loopback;
}

}  // namespace minetd
