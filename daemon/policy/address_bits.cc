// SPDX-License-Identifier: ISC
#include "daemon/policy/address_bits.h"

namespace minetd {

AddressBits bits_of(const std::uint8_t* bytes) noexcept {
    AddressBits bits;
    for (int i = 0; i < 8; ++i) {
        bits.high = bits.high << 8 | bytes[i];
        bits.low = bits.low << 8 | bytes[i + 8];
    }
    return bits;
}

std::optional<AddressBits> bits_of(const SocketAddress& peer) noexcept {
    if (peer.family() == AF_INET)
        return AddressBits{0, 0xFFFF'0000'0000U | ntohl(peer.v4.sin_addr.s_addr)};
    if (peer.family() == AF_INET6) return bits_of(peer.v6.sin6_addr.s6_addr);
    return std::nullopt;
}

}  // namespace minetd
