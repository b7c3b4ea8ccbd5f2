// SPDX-License-Identifier: ISC
#include <doctest/doctest.h>

#include <cstdint>
#include <ctime>
#include <string>

#include "services/builtins.h"
#include "services/service_context.h"
#include "tests/services/fake_driver.h"

using namespace minetd;

namespace {

std::uint32_t value(std::string_view word) {
    std::uint32_t seconds = 0;
    for (const char byte : word) seconds = seconds << 8 | static_cast<unsigned char>(byte);
    return seconds;
}

bool is_now(std::string_view answer, std::time_t asked) {
    for (std::time_t at = asked; at <= std::time(nullptr); ++at)
        if (value(answer) == static_cast<std::uint32_t>(at + 2'208'988'800)) return true;
    return false;
}

const ServiceContext context;

}  // namespace

TEST_SUITE("services") {
    TEST_CASE("time: seconds since 1900, truncated to 32 bits") {
        const struct {
            std::int64_t now;
            std::uint32_t sent;
        } cases[] = {
            {-2'208'988'800, 0},                              // 1900-01-01
            {0, 2'208'988'800},                               // the RFC's own table: 1 Jan 1970 GMT
            {2'524'521'600 - 2'208'988'800, 2'524'521'600},   // 1 Jan 1980 GMT
            {2'629'584'000 - 2'208'988'800, 2'629'584'000},   // 1 May 1983 GMT
            {-1'297'728'000 - 2'208'988'800, 2'997'239'296},  // 17 Nov 1858 GMT, modulo 2^32
            {2'085'978'495, 0xffffffff},                      // 2036-02-07 06:28:15
            {2'085'978'496, 0},                               // and the next second
            {2'085'978'497, 1},
            {2'147'483'648, 61'505'152},  // past 2038
            {INT64_MAX, static_cast<std::uint32_t>(std::uint64_t{INT64_MAX} + 2'208'988'800)},
            {INT64_MIN, 2'208'988'800},
        };
        for (const auto& c : cases) {
            CAPTURE(c.now);
            const auto word = time_word(c.now);
            CHECK(value({word.data(), word.size()}) == c.sent);
        }
    }

    TEST_CASE("time: the bytes are in network order") {
        const auto word = time_word(0x01020304 - 2'208'988'800);
        CHECK(std::string(word.data(), word.size()) == "\x01\x02\x03\x04");
    }

    TEST_CASE("time: exactly four bytes at once, then the end") {
        const auto time = make_time(context);
        for (const std::string_view said : {"", "hello\r\n"}) {
            const std::time_t asked = std::time(nullptr);
            FakeDriver client(*time);
            CHECK(client.closed());
            client.send(said);
            client.end();
            REQUIRE(client.received().size() == 4);
            CHECK(is_now(client.received(), asked));
        }
    }

    TEST_CASE("time: four bytes for a datagram, whatever it holds") {
        const auto time = make_time(context);
        for (const std::string_view payload : {"", "x"}) {
            const std::time_t asked = std::time(nullptr);
            const SocketAddress peer;
            Datagram datagram(peer, payload);
            time->on_datagram(datagram);
            REQUIRE(datagram.reply().has_value());
            REQUIRE(datagram.reply()->size() == 4);
            CHECK(is_now(*datagram.reply(), asked));
        }
    }
}
