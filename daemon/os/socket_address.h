// SPDX-License-Identifier: ISC
// A socket address as a value: where a peer is, or where a socket listens.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstdint>
#include <string>

namespace minetd {

/// Holds any address of the families that minetd serves. Trivially copyable: it crosses processes.
struct SocketAddress {
    union {
        sockaddr any;
        sockaddr_in v4;
        sockaddr_in6 v6;
        sockaddr_un local;
    };
    socklen_t length = 0;

    SocketAddress() noexcept : local{} {}

    sockaddr* raw() noexcept { return &any; }
    const sockaddr* raw() const noexcept { return &any; }
    static constexpr socklen_t capacity = sizeof(sockaddr_un);

    int family() const noexcept {
        return length >= sizeof(sa_family_t) ? any.sa_family : AF_UNSPEC;
    }
    bool is_ip() const noexcept { return family() == AF_INET || family() == AF_INET6; }
    /// An IPv4 peer seen through an IPv6 socket (::ffff:a.b.c.d).
    bool is_mapped() const noexcept;
    /// Host order; 0 where the family has none.
    std::uint16_t port() const noexcept;

    /// The numeric address without port: `192.0.2.1`, `2001:db8::1`, `fe80::1%eth0`; the path of a
    /// unix socket (`@name` when abstract), empty when it has none.
    std::string host() const;
    /// Writes host() and a NUL into host_room bytes without allocating; returns its length.
    static constexpr std::size_t host_room = 128;
    std::size_t host(char* text) const noexcept;
    /// `192.0.2.1:80`, `[2001:db8::1]:80`, a path.
    std::string str() const;

    bool operator==(const SocketAddress& other) const noexcept;
};

/// The address of one end of a socket; empty (length 0) when the kernel does not tell.
SocketAddress local_address(int fd) noexcept;
SocketAddress peer_address(int fd) noexcept;

}  // namespace minetd
