// SPDX-License-Identifier: ISC
#include "mpm/control.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <vector>

using namespace minetd;

namespace {

struct Ends {
    Ends() {
        auto made = Channel::pair();
        ours = std::move(made.first);
        theirs = std::move(made.second);
    }
    Channel ours, theirs;
};

}  // namespace

TEST_SUITE("mpm") {
    TEST_CASE("messages are taken in their order, and their descriptors with them") {
        Ends ends;
        for (const std::uint32_t number : {1U, 2U, 3U}) {
            ControlMessage message;
            message.number = number;
            REQUIRE(send_control(ends.theirs, message, number == 2 ? STDIN_FILENO : -1));
        }
        std::vector<std::pair<std::uint32_t, bool>> taken;
        const auto take = [&](const ControlMessage& message, UniqueFd attached) {
            taken.emplace_back(message.number, static_cast<bool>(attached));
        };
        CHECK(receive_controls(ends.ours, take));
        CHECK(taken ==
              std::vector<std::pair<std::uint32_t, bool>>{{1, false}, {2, true}, {3, false}});
        CHECK(receive_controls(ends.ours, take));
        CHECK(taken.size() == 3);
    }

    TEST_CASE("a peer that never stops is left after a number of messages") {
        Ends ends;
        unsigned taken = 0;
        const auto take = [&](const ControlMessage&, UniqueFd) {
            if (++taken < 1000) send_control(ends.theirs, ControlMessage::Kind::ready);
        };
        send_control(ends.theirs, ControlMessage::Kind::ready);
        CHECK(receive_controls(ends.ours, take));
        CHECK(taken > 1);
        CHECK(taken < 1000);
    }

    TEST_CASE("who is gone, or does not speak as agreed, has come to the end") {
        Ends ends;
        unsigned taken = 0;
        const auto take = [&](const ControlMessage&, UniqueFd) { ++taken; };
        send_control(ends.theirs, ControlMessage::Kind::drain);
        SUBCASE("gone") {
            ends.theirs.close();
        }
        SUBCASE("too short") {
            REQUIRE(ends.theirs.send("what", 4));
            send_control(ends.theirs, ControlMessage::Kind::drain);
        }
        SUBCASE("too long") {
            const std::vector<char> text(sizeof(ControlMessage) + 1);
            REQUIRE(ends.theirs.send(text.data(), text.size()));
            send_control(ends.theirs, ControlMessage::Kind::drain);
        }
        CHECK_FALSE(receive_controls(ends.ours, take));
        CHECK(taken == 1);
    }

    TEST_CASE("all that one who has ended said is taken") {
        Ends ends;
        int sent = 0, taken = 0;
        while (send_control(ends.theirs, ControlMessage::Kind::drain)) ++sent;
        REQUIRE(sent > messages_a_turn);
        ends.theirs.close();
        const auto take = [&](const ControlMessage&, const UniqueFd&) { ++taken; };
        CHECK(receive_controls(ends.ours, take));
        CHECK(taken == messages_a_turn);
        CHECK_FALSE(receive_controls(ends.ours, take, messages_left));
        CHECK(taken == sent);
    }

    TEST_CASE("a level is one of a log's, whatever was sent") {
        ControlMessage message;
        for (const auto& [number, level] :
             {std::pair(0U, Level::error), std::pair(3U, Level::error),
              std::pair(4U, Level::warning), std::pair(7U, Level::debug),
              std::pair(~0U, Level::debug)}) {
            message.number = number;
            CHECK(message.level() == level);
        }
    }
}
