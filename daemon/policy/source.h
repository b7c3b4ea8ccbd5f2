// SPDX-License-Identifier: ISC
// Who counts as one source for a limit: as much of an address as `source_prefix` says (all of an
// IPv4 address and an IPv6 /64, whose owner has all of it, unless said otherwise), or a local user.
#pragma once

#include <cstdint>
#include <optional>

#include "daemon/config/admission_spec.h"
#include "daemon/policy/address_bits.h"

namespace minetd {

struct Source {
    AddressBits key;
    std::uint32_t kind = 0;  ///< 0: unknown, as the peer of a `wait` service; else AF_*

    bool known() const noexcept { return kind != 0; }
    bool operator==(const Source&) const = default;
};

/// A mapped IPv4 peer is the IPv4 source that it is. A unix peer is known by its `uid`.
Source source_of(const SocketAddress& peer, const SourcePrefix& prefix,
                 std::optional<std::uint32_t> uid = std::nullopt) noexcept;

}  // namespace minetd
