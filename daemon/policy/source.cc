// SPDX-License-Identifier: ISC
#include "daemon/policy/source.h"

namespace minetd {

Source source_of(const SocketAddress& peer, const SourcePrefix& prefix,
                 std::optional<std::uint32_t> uid) noexcept {
    if (peer.family() == AF_UNIX && uid) return {{0, *uid}, AF_UNIX};
    const std::optional<AddressBits> bits = bits_of(peer);
    if (!bits) return {};
    if (peer.family() == AF_INET || peer.is_mapped())
        return {prefix_of(*bits, ipv4_offset + prefix.v4), AF_INET};
    return {prefix_of(*bits, prefix.v6), AF_INET6};
}

}  // namespace minetd
