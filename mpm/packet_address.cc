// SPDX-License-Identifier: ISC
#include "mpm/packet_address.h"

#include <netinet/in.h>

#include <cstring>

namespace minetd {
namespace {

template <class Info>
void attach(msghdr& message, int level, int type, const Info& info) noexcept {
    message.msg_controllen = CMSG_SPACE(sizeof info);
    std::memset(message.msg_control, 0, message.msg_controllen);
    cmsghdr* const item = CMSG_FIRSTHDR(&message);
    item->cmsg_level = level;
    item->cmsg_type = type;
    item->cmsg_len = CMSG_LEN(sizeof info);
    std::memcpy(CMSG_DATA(item), &info, sizeof info);
}

/// 255.255.255.255 or a multicast group that came to an IPv4 or to a dual-stack socket.
bool is_for_many(in_addr_t address) noexcept {
    return address == htonl(INADDR_BROADCAST) || IN_MULTICAST(ntohl(address));
}

bool is_for_many(const in6_addr& address) noexcept {
    if (!IN6_IS_ADDR_V4MAPPED(&address)) return IN6_IS_ADDR_MULTICAST(&address);
    in_addr_t v4;
    std::memcpy(&v4, address.s6_addr + 12, sizeof v4);
    return is_for_many(v4);
}

}  // namespace

SocketAddress local_address_of(msghdr& received, const SocketAddress& bound) noexcept {
    SocketAddress local = bound;
    for (cmsghdr* item = CMSG_FIRSTHDR(&received); item != nullptr;
         item = CMSG_NXTHDR(&received, item)) {
        if (item->cmsg_level == SOL_IP && item->cmsg_type == IP_PKTINFO &&
            bound.family() == AF_INET) {
            in_pktinfo info;
            std::memcpy(&info, CMSG_DATA(item), sizeof info);
            // Of a broadcast's two addresses, the one that may be answered from; what was queued
            // before anybody wanted to know has the other one alone.
            const in_addr own =
                info.ipi_spec_dst.s_addr != htonl(INADDR_ANY) ? info.ipi_spec_dst : info.ipi_addr;
            if (own.s_addr != htonl(INADDR_ANY) && !is_for_many(own.s_addr))
                local.v4.sin_addr = own;
        } else if (item->cmsg_level == SOL_IPV6 && item->cmsg_type == IPV6_PKTINFO &&
                   bound.family() == AF_INET6) {
            in6_pktinfo info;
            std::memcpy(&info, CMSG_DATA(item), sizeof info);
            if (is_for_many(info.ipi6_addr)) continue;
            local.v6.sin6_addr = info.ipi6_addr;
            local.v6.sin6_scope_id = IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr) ? info.ipi6_ifindex : 0;
        }
    }
    return local;
}

void send_from(msghdr& message, const SocketAddress& local) noexcept {
    if (local.family() == AF_INET && local.v4.sin_addr.s_addr != htonl(INADDR_ANY)) {
        in_pktinfo info{};
        info.ipi_spec_dst = local.v4.sin_addr;
        return attach(message, SOL_IP, IP_PKTINFO, info);
    }
    if (local.family() == AF_INET6 && !IN6_IS_ADDR_UNSPECIFIED(&local.v6.sin6_addr)) {
        in6_pktinfo info{};
        info.ipi6_addr = local.v6.sin6_addr;
        info.ipi6_ifindex = local.v6.sin6_scope_id;
        return attach(message, SOL_IPV6, IPV6_PKTINFO, info);
    }
    message.msg_control = nullptr;
    message.msg_controllen = 0;
}

}  // namespace minetd
