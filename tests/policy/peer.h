// SPDX-License-Identifier: ISC
// Peers by their numeric address, without a resolver: tests ask for thousands.
#pragma once

#include <arpa/inet.h>

#include <stdexcept>

#include "daemon/os/socket_address.h"

namespace minetd::testing {

/// IPv4 or IPv6.
inline SocketAddress peer(const char* text) {
    SocketAddress address;
    if (::inet_pton(AF_INET, text, &address.v4.sin_addr) == 1) {
        address.v4.sin_family = AF_INET;
        address.length = sizeof address.v4;
    } else if (::inet_pton(AF_INET6, text, &address.v6.sin6_addr) == 1) {
        address.v6.sin6_family = AF_INET6;
        address.length = sizeof address.v6;
    } else {
        throw std::invalid_argument(text);
    }
    return address;
}

}  // namespace minetd::testing
