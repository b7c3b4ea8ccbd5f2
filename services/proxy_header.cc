// SPDX-License-Identifier: ISC
#include "services/proxy_header.h"

#include <string_view>

#include "daemon/os/address_text.h"

namespace minetd {
namespace {

/// The address as it goes over the wire, in network order: 4 or 16 bytes; none without IP.
std::string_view bytes_of(const SocketAddress& address) noexcept {
    if (address.family() == AF_INET)
        return {reinterpret_cast<const char*>(&address.v4.sin_addr), sizeof address.v4.sin_addr};
    if (address.family() != AF_INET6) return {};
    const std::string_view all{reinterpret_cast<const char*>(&address.v6.sin6_addr),
                               sizeof address.v6.sin6_addr};
    return address.is_mapped() ? all.substr(12) : all;
}

std::string text_of(const SocketAddress& address) {
    char text[64];
    if (address.family() == AF_INET) return {text, format_ipv4(text, address.v4.sin_addr)};
    if (!address.is_mapped()) return {text, format_ipv6(text, address.v6.sin6_addr)};
    in_addr inner;
    bytes_of(address).copy(reinterpret_cast<char*>(&inner), sizeof inner);
    return {text, format_ipv4(text, inner)};
}

void append_number(std::string& out, std::size_t value) {
    out += static_cast<char>(value >> 8 & 0xff);
    out += static_cast<char>(value & 0xff);
}

std::string version_1(const SocketAddress& peer, const SocketAddress& local, bool v4) {
    return (v4 ? "PROXY TCP4 " : "PROXY TCP6 ") + text_of(peer) + ' ' + text_of(local) + ' ' +
           std::to_string(peer.port()) + ' ' + std::to_string(local.port()) + "\r\n";
}

constexpr std::string_view signature{"\r\n\r\n\0\r\nQUIT\n", 12};

std::string version_2(const SocketAddress& peer, const SocketAddress& local, bool v4) {
    std::string out(signature);
    out += '\x21';                // version 2, PROXY
    out += v4 ? '\x11' : '\x21';  // TCP over IPv4 or IPv6
    append_number(out, v4 ? 12 : 36);
    out += bytes_of(peer);
    out += bytes_of(local);
    append_number(out, peer.port());
    append_number(out, local.port());
    return out;
}

}  // namespace

std::string proxy_header(ProxyProtocol version, const SocketAddress& peer,
                         const SocketAddress& local) {
    if (version == ProxyProtocol::no) return {};
    const std::size_t size = bytes_of(peer).size();
    const bool known = size != 0 && size == bytes_of(local).size();
    if (version == ProxyProtocol::v1)
        return known ? version_1(peer, local, size == 4) : "PROXY UNKNOWN\r\n";
    if (known) return version_2(peer, local, size == 4);
    return std::string(signature) + std::string("\x20\x00\x00\x00", 4);  // LOCAL, no addresses
}

}  // namespace minetd
