// SPDX-License-Identifier: ISC
#include "daemon/os/socket_address.h"

#include <cstddef>
#include <cstring>

#include "daemon/os/address_text.h"

namespace minetd {

bool SocketAddress::is_mapped() const noexcept {
    return family() == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr);
}

std::uint16_t SocketAddress::port() const noexcept {
    if (family() == AF_INET) return ntohs(v4.sin_port);
    if (family() == AF_INET6) return ntohs(v6.sin6_port);
    return 0;
}

std::size_t SocketAddress::host(char* text) const noexcept {
    std::size_t size = 0;
    if (family() == AF_INET) {
        size = format_ipv4(text, v4.sin_addr);
    } else if (family() == AF_INET6) {
        size = format_ipv6(text, v6.sin6_addr);
        // Only a link-local address needs its interface; the number is as good as the name and
        // costs no lookup.
        if (v6.sin6_scope_id != 0 && IN6_IS_ADDR_LINKLOCAL(&v6.sin6_addr)) {
            text[size++] = '%';
            size += format_number(text + size, v6.sin6_scope_id);
        }
    } else if (family() == AF_UNIX && length > offsetof(sockaddr_un, sun_path)) {
        size = length - offsetof(sockaddr_un, sun_path);
        std::memcpy(text, local.sun_path, size);
        if (text[0] == '\0')
            text[0] = '@';
        else
            size = ::strnlen(text, size);
    }
    text[size] = '\0';
    return size;
}

std::string SocketAddress::host() const {
    char text[host_room];
    return {text, host(text)};
}

std::string SocketAddress::str() const {
    std::string text = host();
    if (family() == AF_INET6) text = '[' + text + ']';
    if (is_ip()) text += ':' + std::to_string(port());
    return text;
}

bool SocketAddress::operator==(const SocketAddress& other) const noexcept {
    if (family() != other.family()) return false;
    if (family() == AF_INET)
        return v4.sin_port == other.v4.sin_port && v4.sin_addr.s_addr == other.v4.sin_addr.s_addr;
    if (family() == AF_INET6)
        return v6.sin6_port == other.v6.sin6_port && v6.sin6_scope_id == other.v6.sin6_scope_id &&
               IN6_ARE_ADDR_EQUAL(&v6.sin6_addr, &other.v6.sin6_addr);
    return length == other.length && std::memcmp(&local, &other.local, length) == 0;
}

SocketAddress local_address(int fd) noexcept {
    SocketAddress address;
    address.length = SocketAddress::capacity;
    if (::getsockname(fd, address.raw(), &address.length) < 0) address.length = 0;
    return address;
}

SocketAddress peer_address(int fd) noexcept {
    SocketAddress address;
    address.length = SocketAddress::capacity;
    if (::getpeername(fd, address.raw(), &address.length) < 0) address.length = 0;
    return address;
}

}  // namespace minetd
