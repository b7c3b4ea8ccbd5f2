// SPDX-License-Identifier: ISC
#include "daemon/os/address_text.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>

#include <limits>
#include <random>
#include <string>

#include "daemon/os/socket_address.h"

using namespace minetd;

namespace {

std::string ipv6_text(const in6_addr& address) {
    char text[64];
    return {text, format_ipv6(text, address)};
}

}  // namespace

TEST_SUITE("os") {
    TEST_CASE("numbers are written in decimal") {
        const std::uint64_t numbers[] = {
            0, 7, 10, 65535, 1234567890, std::numeric_limits<std::uint64_t>::max()};
        for (const std::uint64_t number : numbers) {
            CAPTURE(number);
            char text[21];
            CHECK(std::string(text, format_number(text, number)) == std::to_string(number));
        }
    }

    TEST_CASE("IPv6 addresses are written as RFC 5952 has it") {
        const struct {
            const char* address;
            const char* text;
        } rows[] = {
            {"::", "::"},
            {"::1", "::1"},
            {"1::", "1::"},
            {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},     // the first of two equal runs
            {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},  // one zero group stays
            {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},           // the longer run
            {"fe80::AB:cd", "fe80::ab:cd"},
            {"::ffff:192.0.2.1", "::ffff:192.0.2.1"},
            {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
            {"0:1:2:3:4:5:6:0", "0:1:2:3:4:5:6:0"},
            {"0:0:2:3:4:5:0:0", "::2:3:4:5:0:0"},
        };
        for (const auto& row : rows) {
            CAPTURE(row.address);
            in6_addr address;
            REQUIRE(inet_pton(AF_INET6, row.address, &address) == 1);
            CHECK(ipv6_text(address) == row.text);
        }
    }

    TEST_CASE("whatever is written is read back as the same address") {
        std::mt19937_64 random(2);
        for (int i = 0; i < 20000; ++i) {
            in6_addr address{};
            for (unsigned char& byte : address.s6_addr)
                byte = random() % 3 == 0 ? static_cast<unsigned char>(random()) : 0;
            in6_addr back;
            const std::string text = ipv6_text(address);
            CAPTURE(text);
            REQUIRE(inet_pton(AF_INET6, text.c_str(), &back) == 1);
            REQUIRE(IN6_ARE_ADDR_EQUAL(&address, &back));
            char v4[16];
            in_addr number{.s_addr = static_cast<in_addr_t>(random())};
            char expected[INET_ADDRSTRLEN];
            REQUIRE(std::string(v4, format_ipv4(v4, number)) ==
                    inet_ntop(AF_INET, &number, expected, sizeof expected));
        }
    }

    TEST_CASE("a socket address knows its host, port and text") {
        SocketAddress v4;
        v4.v4 = {.sin_family = AF_INET,
                 .sin_port = htons(80),
                 .sin_addr = {htonl(0xC0000201)},
                 .sin_zero = {}};
        v4.length = sizeof v4.v4;
        CHECK(v4.host() == "192.0.2.1");
        CHECK(v4.str() == "192.0.2.1:80");
        CHECK(v4.port() == 80);

        SocketAddress v6;
        v6.v6 = {};
        v6.v6.sin6_family = AF_INET6;
        v6.v6.sin6_port = htons(443);
        REQUIRE(inet_pton(AF_INET6, "fe80::1", &v6.v6.sin6_addr) == 1);
        v6.v6.sin6_scope_id = 3;
        v6.length = sizeof v6.v6;
        CHECK(v6.host() == "fe80::1%3");
        CHECK(v6.str() == "[fe80::1%3]:443");
        CHECK_FALSE(v6.is_mapped());
        CHECK_FALSE(v4 == v6);

        CHECK(SocketAddress().host().empty());
        CHECK(SocketAddress().family() == AF_UNSPEC);
    }
}
