// SPDX-License-Identifier: ISC
// An IP address as 128 bits, so that prefixes of both versions are the same arithmetic. IPv4 is
// behind ::ffff:0:0/96, where mapped peers are the IPv4 peers that they are (RFC 4291, 2.5.5.2).
#pragma once

#include <bit>
#include <cstdint>
#include <optional>

#include "daemon/os/socket_address.h"

namespace minetd {

struct AddressBits {
    std::uint64_t high = 0, low = 0;
    bool operator==(const AddressBits&) const = default;
};

/// Bits in front of an IPv4 address.
inline constexpr unsigned ipv4_offset = 96, address_length = 128;

/// From 16 bytes in network order.
AddressBits bits_of(const std::uint8_t* bytes) noexcept;
/// Nothing where the peer has no IP address.
std::optional<AddressBits> bits_of(const SocketAddress& peer) noexcept;

/// The first `length` bits (0 to 128); those behind are zero.
constexpr AddressBits prefix_of(AddressBits bits, unsigned length) noexcept {
    const auto head = [](std::uint64_t word, unsigned count) {
        return count == 0 ? 0 : count >= 64 ? word : word & ~std::uint64_t{0} << (64 - count);
    };
    return {head(bits.high, length), length <= 64 ? 0 : head(bits.low, length - 64)};
}

/// Bit `index` (0 to 127), 0 being the first.
constexpr unsigned bit_of(AddressBits bits, unsigned index) noexcept {
    const std::uint64_t word = index < 64 ? bits.high : bits.low;
    return static_cast<unsigned>(word >> (63 - index % 64) & 1);
}

/// How many bits, from the first, are the same in both.
constexpr unsigned common_prefix(AddressBits a, AddressBits b) noexcept {
    if (a.high != b.high) return static_cast<unsigned>(std::countl_zero(a.high ^ b.high));
    return 64 + static_cast<unsigned>(std::countl_zero(a.low ^ b.low));
}

}  // namespace minetd
