// SPDX-License-Identifier: ISC
// Socket addresses from text, for tables.
#pragma once

#include <arpa/inet.h>
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "daemon/os/socket_address.h"

namespace minetd {

/// `192.0.2.1` or `2001:db8::1` with a port; a text with a slash is a unix path; an empty one is a
/// unix socket without a name.
inline SocketAddress address(const char* text, std::uint16_t port = 0) {
    SocketAddress made;
    if (text[0] == '\0' || text[0] == '/') {
        made.local.sun_family = AF_UNIX;
        std::strncpy(made.local.sun_path, text, sizeof made.local.sun_path - 1);
        const std::size_t path = std::strlen(text);
        made.length =
            static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + (path == 0 ? 0 : path + 1));
    } else if (std::strchr(text, ':') != nullptr) {
        made.v6 = {};
        made.v6.sin6_family = AF_INET6;
        made.v6.sin6_port = htons(port);
        REQUIRE(inet_pton(AF_INET6, text, &made.v6.sin6_addr) == 1);
        made.length = sizeof made.v6;
    } else {
        made.v4 = {};
        made.v4.sin_family = AF_INET;
        made.v4.sin_port = htons(port);
        REQUIRE(inet_pton(AF_INET, text, &made.v4.sin_addr) == 1);
        made.length = sizeof made.v4;
    }
    return made;
}

}  // namespace minetd
