// SPDX-License-Identifier: ISC
#include "services/reflection.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/services/address.h"

using namespace minetd;

namespace {

constexpr std::uint16_t own_ports[] = {7007, 40019};
constexpr std::uint16_t ephemeral = 49152;

constexpr UdpGuard guards[] = {UdpGuard::strict, UdpGuard::local, UdpGuard::off};

}  // namespace

TEST_SUITE("services") {
    TEST_CASE("reflection: source ports") {
        const struct {
            std::uint16_t port;
            const char* reason;  // in strict and local; empty: answered
        } cases[] = {
            {0, "source port 0"},
            {1, "source port below 1024"},
            {7, "source port 7 (echo)"},
            {9, "source port 9 (discard)"},
            {13, "source port 13 (daytime)"},
            {17, "source port 17 (qotd)"},
            {19, "source port 19 (chargen)"},
            {20, "source port below 1024"},
            {37, "source port 37 (time)"},
            {53, "source port 53 (DNS)"},
            {69, "source port 69 (TFTP)"},
            {111, "source port 111 (portmapper)"},
            {123, "source port 123 (NTP)"},
            {137, "source port 137 (NetBIOS names)"},
            {161, "source port 161 (SNMP)"},
            {389, "source port 389 (CLDAP)"},
            {427, "source port 427 (SLP)"},
            {520, "source port 520 (RIP)"},
            {1023, "source port below 1024"},
            {1024, ""},
            {1434, "source port 1434 (MS SQL browser)"},
            {1701, "source port 1701 (L2TP)"},
            {1900, "source port 1900 (SSDP)"},
            {1901, ""},
            {2049, "source port 2049 (NFS)"},
            {3283, "source port 3283 (Apple Remote Desktop)"},
            {3702, "source port 3702 (WS-Discovery)"},
            {5353, "source port 5353 (mDNS)"},
            {7006, ""},
            {7007, "source port of a builtin service of this daemon"},
            {11211, "source port 11211 (memcached)"},
            {32414, "source port 32414 (Plex)"},
            {32768, ""},
            {40019, "source port of a builtin service of this daemon"},
            {60999, ""},
            {65535, ""},
        };
        for (const auto& c : cases)
            for (const char* const host : {"192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1"}) {
                CAPTURE(c.port);
                CAPTURE(host);
                const SocketAddress peer = address(host, c.port);
                CHECK(refuse_reply(UdpGuard::strict, peer, own_ports) == c.reason);
                CHECK(refuse_reply(UdpGuard::local, peer, own_ports) == c.reason);
                CHECK(refuse_reply(UdpGuard::off, peer, own_ports).empty() == (c.port != 0));
            }
    }

    TEST_CASE("reflection: every port from 32768 up is a client's, unless it is ours") {
        const SocketAddress ours = address("192.0.2.1", 40019);
        CHECK(refuse_reply(UdpGuard::strict, ours, {}).empty());
        for (unsigned port = 32768; port <= 65535; ++port) {
            CAPTURE(port);
            const SocketAddress peer = address("192.0.2.1", static_cast<std::uint16_t>(port));
            REQUIRE(refuse_reply(UdpGuard::strict, peer, {}).empty());
        }
    }

    TEST_CASE("reflection: source addresses") {
        constexpr const char* none = "";
        constexpr const char* zero = "source address in 0.0.0.0/8";
        constexpr const char* loopback = "loopback source address";
        constexpr const char* multicast = "multicast source address";
        constexpr const char* reserved = "source address in 240.0.0.0/4";
        const struct {
            const char* host;
            const char* strict;
            const char* local;
        } cases[] = {
            {"192.0.2.1", none, none},
            {"1.0.0.0", none, none},
            {"10.0.0.255", none, none},
            {"126.255.255.255", none, none},
            {"128.0.0.0", none, none},
            {"223.255.255.255", none, none},
            {"0.0.0.0", zero, zero},
            {"0.255.255.255", zero, zero},
            {"127.0.0.0", loopback, none},
            {"127.0.0.1", loopback, none},
            {"127.255.255.255", loopback, none},
            {"224.0.0.1", multicast, multicast},
            {"239.255.255.255", multicast, multicast},
            {"240.0.0.0", reserved, reserved},
            {"255.255.255.255", reserved, reserved},
            {"2001:db8::1", none, none},
            {"fe80::1", none, none},
            {"fd00::1", none, none},
            {"::", "unspecified source address", "unspecified source address"},
            {"::1", loopback, none},
            {"ff02::1", multicast, multicast},
            {"ff0e::1", multicast, multicast},
            // Mapped and compatible: judged by the IPv4 address within.
            {"::ffff:192.0.2.1", none, none},
            {"::ffff:0.0.0.0", zero, zero},
            {"::ffff:127.0.0.1", loopback, none},
            {"::ffff:224.0.0.1", multicast, multicast},
            {"::ffff:255.255.255.255", reserved, reserved},
            {"::192.0.2.1", none, none},
            {"::127.0.0.1", loopback, none},
            {"::0.0.0.2", zero, zero},
            {"::239.1.2.3", multicast, multicast},
            {"::255.255.255.255", reserved, reserved},
        };
        for (const auto& c : cases) {
            CAPTURE(c.host);
            const SocketAddress peer = address(c.host, ephemeral);
            CHECK(refuse_reply(UdpGuard::strict, peer, own_ports) == c.strict);
            CHECK(refuse_reply(UdpGuard::local, peer, own_ports) == c.local);
            CHECK(refuse_reply(UdpGuard::off, peer, own_ports).empty());
        }
    }

    TEST_CASE("reflection: on loopback too, a service's port is not answered") {
        for (const char* const host : {"127.0.0.1", "::1", "::ffff:127.0.0.1"})
            for (const std::uint16_t port :
                 {std::uint16_t{0}, std::uint16_t{19}, std::uint16_t{1023}, std::uint16_t{5353},
                  own_ports[0]}) {
                CAPTURE(host);
                CAPTURE(port);
                CHECK_FALSE(refuse_reply(UdpGuard::local, address(host, port), own_ports).empty());
            }
    }

    TEST_CASE("reflection: a unix peer needs a name, and nothing else") {
        for (const UdpGuard guard : guards) {
            CHECK(refuse_reply(guard, address("/run/client"), own_ports).empty());
            CHECK(refuse_reply(guard, address(""), own_ports) == "source without an address");
            CHECK(refuse_reply(guard, SocketAddress(), own_ports) == "source without an address");
        }
    }

    TEST_CASE("reflection: whose replies are budgeted") {
        const struct {
            const char* host;
            bool strict, local;
        } cases[] = {
            {"192.0.2.1", true, true},         {"2001:db8::1", true, true},
            {"127.0.0.1", true, false},        {"::1", true, false},
            {"::ffff:127.0.0.1", true, false}, {"/run/client", false, false},
        };
        for (const auto& c : cases) {
            CAPTURE(c.host);
            const SocketAddress peer = address(c.host, ephemeral);
            CHECK(is_budgeted(UdpGuard::strict, peer) == c.strict);
            CHECK(is_budgeted(UdpGuard::local, peer) == c.local);
            CHECK_FALSE(is_budgeted(UdpGuard::off, peer));
        }
    }
}
