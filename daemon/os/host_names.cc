// SPDX-License-Identifier: ISC
#include "daemon/os/host_names.h"

#include <netdb.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "daemon/os/socket.h"

namespace minetd {
namespace {

bool same_host(const SocketAddress& a, const SocketAddress& b) noexcept {
    if (a.family() != b.family()) return false;
    if (a.family() == AF_INET) return a.v4.sin_addr.s_addr == b.v4.sin_addr.s_addr;
    return std::memcmp(&a.v6.sin6_addr, &b.v6.sin6_addr, sizeof a.v6.sin6_addr) == 0;
}

}  // namespace

SocketAddress unmapped(const SocketAddress& address) noexcept {
    if (!address.is_mapped()) return address;
    SocketAddress plain;
    plain.v4.sin_family = AF_INET;
    plain.v4.sin_port = address.v6.sin6_port;
    std::memcpy(&plain.v4.sin_addr, address.v6.sin6_addr.s6_addr + 12, sizeof plain.v4.sin_addr);
    plain.length = sizeof plain.v4;
    return plain;
}

std::vector<SocketAddress> addresses_of(const std::string& host) {
    try {
        std::vector<SocketAddress> found = resolve(host, 0, AF_UNSPEC);
        for (SocketAddress& address : found) address = unmapped(address);
        return found;
    } catch (const std::runtime_error&) {
        return {};
    }
}

std::string confirmed_name(const SocketAddress& address) {
    const SocketAddress plain = unmapped(address);
    char text[NI_MAXHOST];
    if (!plain.is_ip() ||
        ::getnameinfo(plain.raw(), plain.length, text, sizeof text, nullptr, 0, NI_NAMEREQD) != 0)
        return {};
    const std::vector<SocketAddress> found = addresses_of(text);
    const bool confirmed = std::any_of(found.begin(), found.end(), [&](const SocketAddress& one) {
        return same_host(one, plain);
    });
    if (!confirmed) return {};
    std::string name = text;
    for (char& c : name)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (name.ends_with('.')) name.pop_back();
    return name;
}

}  // namespace minetd
