// SPDX-License-Identifier: ISC
// Who counts as one source for a limit: an IPv4 address, an IPv6 /64 (its owner has all of them),
// a local user.
#pragma once

#include <cstdint>

#include "daemon/os/socket_address.h"

namespace minetd {

struct Source {
    std::uint64_t key = 0;
    std::uint32_t kind = 0;  ///< 0: unknown, as the peer of a `wait` service; else AF_*

    bool known() const noexcept { return kind != 0; }
    bool operator==(const Source&) const = default;
};

/// A mapped IPv4 peer is the IPv4 source that it is. A unix peer is known by `uid`.
Source source_of(const SocketAddress& peer, std::uint32_t uid = 0) noexcept;

}  // namespace minetd
