// SPDX-License-Identifier: ISC
#include "services/connection.h"

#include <doctest/doctest.h>

#include <cstring>
#include <string>
#include <utility>

using namespace minetd;

TEST_SUITE("services") {
    TEST_CASE("byte queue: bytes come out in the order they went in") {
        struct {
            std::size_t append, consume;
            int rounds;
        } const cases[] = {
            {1, 1, 1000},  {3, 2, 1000}, {100, 1, 200},
            {255, 255, 8}, {256, 1, 64}, {70'000, 65'536, 4},
        };
        for (const auto& c : cases) {
            CAPTURE(c.append);
            CAPTURE(c.consume);
            ByteQueue queue;
            std::string expected;
            unsigned char next = 0;
            for (int round = 0; round < c.rounds; ++round) {
                std::string piece(c.append, '\0');
                for (char& byte : piece) byte = static_cast<char>(next++);
                queue.append(piece);
                expected += piece;
                REQUIRE(queue.view() == expected);
                queue.consume(c.consume);
                expected.erase(0, c.consume);
                REQUIRE(queue.size() == expected.size());
            }
            CHECK(queue.view() == expected);
        }
    }

    TEST_CASE("byte queue: reserve, commit less than was reserved, and nothing at all") {
        ByteQueue queue;
        CHECK(queue.view().empty());
        queue.append({});
        CHECK(queue.empty());
        std::memcpy(queue.reserve(1000), "hello", 5);
        queue.commit(5);
        CHECK(queue.view() == "hello");
        queue.reserve(0);
        queue.commit(0);
        CHECK(queue.view() == "hello");
        queue.consume(0);
        CHECK(queue.view() == "hello");
    }

    TEST_CASE("byte queue: a queue that is read as fast as it is filled stays where it is") {
        ByteQueue queue;
        const std::string piece(64, 'x');
        queue.append(piece);
        const char* const place = queue.view().data();
        for (int round = 0; round < 1000; ++round) {
            queue.consume(queue.size());
            queue.append(piece);
            REQUIRE(queue.view().data() == place);
        }
    }

    TEST_CASE("byte queue: taking and adding one byte at a time moves few bytes") {
        constexpr std::size_t held = 65'536, rounds = 200'000;
        ByteQueue queue;
        queue.append(std::string(held, 'x'));
        int moves = 0;
        for (std::size_t round = 0; round < rounds; ++round) {
            const char* const place = queue.view().data();
            queue.consume(1);
            queue.append("x");
            if (queue.view().data() != place + 1) ++moves;
        }
        CHECK(queue.size() == held);
        // Once for the first byte that does not fit, then once for every `held` bytes.
        CHECK(moves <= 1 + static_cast<int>(rounds / held));
    }

    TEST_CASE("byte queue: shrink forgets the memory, never the bytes") {
        ByteQueue queue;
        queue.shrink();
        queue.append("owed");
        queue.shrink();
        CHECK(queue.view() == "owed");
        queue.clear();
        queue.shrink();
        CHECK(queue.empty());
        queue.append("again");
        CHECK(queue.view() == "again");
    }

    TEST_CASE("byte queue: moving leaves an empty queue that works") {
        ByteQueue first;
        first.append("one");
        ByteQueue second = std::move(first);
        CHECK(second.view() == "one");
        CHECK(first.empty());
        first.append("two");
        second = std::move(first);
        CHECK(second.view() == "two");
        first.append("three");
        CHECK(first.view() == "three");
        first.swap(second);
        CHECK(first.view() == "two");
        CHECK(second.view() == "three");
    }

    TEST_CASE("connection: a handler's state is made once and starts from nothing") {
        struct Count {
            int steps = 0;
        };
        Connection connection({}, {});
        ++connection.state<Count>().steps;
        ++connection.state<Count>().steps;
        CHECK(connection.state<Count>().steps == 2);
        Connection other({}, {});
        CHECK(other.state<Count>().steps == 0);
    }

    TEST_CASE("connection: a declined pass is forgotten and remembered as declined") {
        Connection connection({}, {});
        CHECK_FALSE(connection.pass_declined());
        connection.pass_to("finger");
        CHECK(connection.passed_to() == "finger");
        connection.decline_pass();
        CHECK(connection.passed_to().empty());
        CHECK(connection.pass_declined());
    }
}
