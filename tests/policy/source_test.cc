// SPDX-License-Identifier: ISC
#include "daemon/policy/source.h"

#include <doctest/doctest.h>

#include "daemon/os/socket.h"

using namespace minetd;

TEST_SUITE("policy") {
    TEST_CASE("what counts as one source") {
        const struct {
            const char *a, *b;
            bool same;
        } rows[] = {
            {"192.0.2.1", "192.0.2.1", true},
            {"192.0.2.1", "192.0.2.2", false},
            {"2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true},  // one /64 has one owner
            {"2001:db8:1:2::1", "2001:db8:1:3::1", false},
            {"::ffff:192.0.2.1", "192.0.2.1", true},
            {"::ffff:192.0.2.1", "::ffff:192.0.2.2", false},
            {"::1", "0.0.0.1", false},
        };
        for (const auto& row : rows) {
            CAPTURE(row.a);
            CAPTURE(row.b);
            const Source a = source_of(resolve(row.a, 1000, AF_UNSPEC).front(), {});
            const Source b = source_of(resolve(row.b, 2000, AF_UNSPEC).front(), {});
            CHECK(a.known());
            CHECK((a == b) == row.same);
        }
    }

    TEST_CASE("source_prefix: how much of an address is one source") {
        const struct {
            SourcePrefix prefix;
            const char *a, *b;
            bool same;
        } rows[] = {
            {{32, 128}, "2001:db8::1", "2001:db8::2", false},
            {{32, 128}, "2001:db8::1", "2001:db8::1", true},
            {{32, 56}, "2001:db8:0:1::1", "2001:db8:0:fe::1", true},
            {{32, 56}, "2001:db8:0:1::1", "2001:db8:0:100::1", false},
            {{24, 64}, "192.0.2.1", "192.0.2.255", true},
            {{24, 64}, "192.0.2.1", "192.0.3.1", false},
            {{24, 64}, "192.0.2.1", "::ffff:192.0.2.9", true},
            {{0, 64}, "192.0.2.1", "10.0.0.1", true},
            {{0, 0}, "2001:db8::1", "fe80::1", true},
            {{0, 0}, "2001:db8::1", "10.0.0.1", false},
        };
        for (const auto& row : rows) {
            CAPTURE(row.a);
            CAPTURE(row.b);
            const Source a = source_of(resolve(row.a, 1000, AF_UNSPEC).front(), row.prefix);
            const Source b = source_of(resolve(row.b, 2000, AF_UNSPEC).front(), row.prefix);
            CHECK((a == b) == row.same);
        }
    }

    TEST_CASE("local peers are users, and nobody is unknown") {
        const SocketAddress local = unix_address("@x");
        CHECK(source_of(local, {}, 1) == source_of(local, {}, 1));
        CHECK_FALSE(source_of(local, {}, 1) == source_of(local, {}, 2));
        CHECK_FALSE(source_of(SocketAddress{}, {}).known());
    }
}
