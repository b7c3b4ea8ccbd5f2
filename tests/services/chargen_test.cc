// SPDX-License-Identifier: ISC
#include <doctest/doctest.h>

#include <set>
#include <string>

#include "services/builtins.h"
#include "services/service_context.h"
#include "tests/services/fake_driver.h"

using namespace minetd;

namespace {

const ServiceContext context;

/// The customary pattern from its definition: character `at` of an endless output.
char expected(std::size_t at) {
    const std::size_t line = at / 74, column = at % 74;
    if (column >= 72) return column == 72 ? '\r' : '\n';
    return static_cast<char>(' ' + (line + column) % 95);
}

bool is_pattern(std::string_view text) {
    for (std::size_t at = 0; at < text.size(); ++at)
        if (text[at] != expected(at)) return false;
    return true;
}

}  // namespace

TEST_SUITE("services") {
    TEST_CASE("chargen: the pattern's first lines and its turn") {
        const std::string_view turn = chargen_turn();
        CHECK(turn.size() == 95 * 74);
        CHECK(turn.substr(0, 74) ==
              " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefg\r\n");
        CHECK(turn.substr(74, 74) ==
              "!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefgh\r\n");
        CHECK(turn[94 * 74] == '~');
        CHECK(is_pattern(turn));
        CHECK(is_pattern(std::string(turn) + std::string(turn)));
    }

    TEST_CASE("chargen: sends as long as the client reads, and owes little") {
        const auto chargen = make_chargen(context);
        for (const std::size_t bite : {1, 74, 1000, 7029, 7030, 7031, 100'000}) {
            CAPTURE(bite);
            FakeDriver client(*chargen, {.window = 0});
            CHECK(client.received().empty());
            for (int round = 0; round < 20; ++round) client.read(bite);
            CHECK(client.received().size() == 20 * bite);
            CHECK(is_pattern(client.received()));
            CHECK(client.owed() > 0);
            CHECK(client.owed_most() <= 16 * 1024);
            CHECK_FALSE(client.closed());
        }
    }

    TEST_CASE("chargen: input is read and thrown away while the client reads nothing") {
        const auto chargen = make_chargen(context);
        FakeDriver client(*chargen, {.read_size = 1448, .window = 0});
        client.send(std::string(1'000'000, 'x'));
        CHECK(client.unread().empty());
        CHECK(client.connection().input().empty());
        CHECK(client.owed_most() <= 16 * 1024);
        client.read(20'000);
        CHECK(client.received().size() == 20'000);
        CHECK(is_pattern(client.received()));
    }

    TEST_CASE("chargen: a client that has said all is still served") {
        const auto chargen = make_chargen(context);
        FakeDriver client(*chargen, {.window = 0});
        client.end();
        CHECK_FALSE(client.closed());
        for (int round = 0; round < 10; ++round) client.read(5'000);
        CHECK_FALSE(client.closed());
        CHECK(client.received().size() == 50'000);
        CHECK(is_pattern(client.received()));
    }

    TEST_CASE("chargen: a datagram has between 0 and 512 characters, at random") {
        const auto chargen = make_chargen(context);
        std::set<std::size_t> sizes;
        for (int round = 0; round < 20'000; ++round) {
            const SocketAddress peer;
            Datagram datagram(peer, "anything");
            chargen->on_datagram(datagram);
            REQUIRE(datagram.reply().has_value());
            REQUIRE(datagram.reply()->size() <= 512);
            REQUIRE(is_pattern(*datagram.reply()));
            sizes.insert(datagram.reply()->size());
        }
        // A size is missed with a chance of (512/513)^20000, 1e-17.
        CHECK(sizes.size() == 513);
    }
}
