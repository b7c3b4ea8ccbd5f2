// SPDX-License-Identifier: ISC
#include "mpm/lookups.h"

#include <doctest/doctest.h>

#include <string>

#include "daemon/os/socket.h"

using namespace minetd;

namespace {

/// Numeric addresses are addresses of themselves: no name server is asked.
Lookup addresses(const std::string& host) {
    Lookup lookup{.kind = Lookup::Kind::addresses};
    REQUIRE(lookup.set_subject(host));
    return lookup;
}

AddressBits bits(const std::string& address) {
    return *bits_of(resolve(address, 0, AF_UNSPEC).front());
}

}  // namespace

TEST_SUITE("mpm") {
    TEST_CASE("what was found is remembered; equal look-ups are one") {
        EventLoop loop;
        Lookups lookups(loop);
        int told = 0;
        const auto take = [&](const Finding& finding) {
            REQUIRE(finding.list().size() == 1);
            CHECK(finding.list().front() == bits("192.0.2.1"));
            if (++told == 2) loop.stop();
        };
        lookups.find(addresses("192.0.2.1"), take);
        lookups.find(addresses("192.0.2.1"), take);
        CHECK(told == 0);
        loop.run();
        CHECK(told == 2);
        lookups.find(addresses("192.0.2.1"), take);
        CHECK(told == 3);
    }

    TEST_CASE("many at once: more than there may be children") {
        EventLoop loop;
        Lookups lookups(loop);
        int right = 0, told = 0;
        constexpr int count = 100;
        for (int i = 0; i < count; ++i) {
            const std::string host = "192.0.2." + std::to_string(i);
            lookups.find(addresses(host), [&, host](const Finding& finding) {
                right += finding.list().size() == 1 && finding.list().front() == bits(host);
                if (++told == count) loop.stop();
            });
        }
        loop.run();
        CHECK(right == count);
    }

    TEST_CASE("there is a bound to those who wait") {
        EventLoop loop;
        Lookups lookups(loop);
        std::size_t refused = 0;
        const std::size_t count = Lookups::most_waiting + Lookups::most_at_once + 10;
        for (std::size_t i = 0; i < count; ++i)
            lookups.find(
                addresses("10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250)),
                [&](const Finding& finding) {
                    CHECK(finding.count == 0);
                    ++refused;
                });
        CHECK(refused == 10);
    }

    TEST_CASE("names that are too long are not looked up, and keys do not collide") {
        Lookup lookup{.kind = Lookup::Kind::addresses};
        CHECK_FALSE(lookup.set_subject(std::string(sizeof lookup.subject, 'x')));
        CHECK(lookup.set_subject("192.0.2.1"));
        Lookup name{.kind = Lookup::Kind::name, .peer = resolve("192.0.2.1", 7, AF_INET).front()};
        CHECK(lookup.key() != name.key());
        CHECK(name.key() == "192.0.2.1");
    }
}
