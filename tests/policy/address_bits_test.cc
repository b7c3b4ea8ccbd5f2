// SPDX-License-Identifier: ISC
#include "daemon/policy/address_bits.h"

#include <doctest/doctest.h>

#include "tests/policy/peer.h"

using namespace minetd;
using testing::peer;

TEST_SUITE("policy") {
    TEST_CASE("addresses as bits") {
        CHECK(bits_of(peer("2001:db8::7")) == AddressBits{0x20010DB8'00000000U, 7});
        CHECK(bits_of(peer("192.0.2.1")) == AddressBits{0, 0xFFFF'C000'0201U});
        CHECK(bits_of(peer("::ffff:192.0.2.1")) == bits_of(peer("192.0.2.1")));
        CHECK(bits_of(peer("::192.0.2.1")) != bits_of(peer("192.0.2.1")));
        CHECK_FALSE(bits_of(SocketAddress{}));
    }

    TEST_CASE("prefixes") {
        constexpr AddressBits ones{~std::uint64_t{0}, ~std::uint64_t{0}};
        const struct {
            unsigned length;
            AddressBits prefix;
        } rows[] = {
            {0, {0, 0}},
            {1, {std::uint64_t{1} << 63, 0}},
            {63, {~std::uint64_t{1}, 0}},
            {64, {~std::uint64_t{0}, 0}},
            {65, {~std::uint64_t{0}, std::uint64_t{1} << 63}},
            {127, {~std::uint64_t{0}, ~std::uint64_t{1}}},
            {128, ones},
        };
        for (const auto& row : rows) {
            CAPTURE(row.length);
            CHECK(prefix_of(ones, row.length) == row.prefix);
            CHECK(common_prefix(ones, row.prefix) == row.length);
            if (row.length > 0) CHECK(bit_of(row.prefix, row.length - 1) == 1);
            if (row.length < address_length) CHECK(bit_of(row.prefix, row.length) == 0);
        }
    }
}
