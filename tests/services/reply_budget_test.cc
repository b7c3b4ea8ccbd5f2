// SPDX-License-Identifier: ISC
#include "services/reply_budget.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "tests/services/address.h"

using namespace minetd;

namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::uint64_t seed = 42;

/// How many replies of `answered` bytes to `asked` a peer gets at one moment.
int replies(ReplyBudget& budget, const SocketAddress& peer, std::size_t asked, std::size_t answered,
            std::int64_t now) {
    int count = 0;
    while (count < 10'000 && budget.take(peer, asked, answered, now)) ++count;
    return count;
}

SocketAddress source(std::uint32_t number) {
    SocketAddress peer = address("192.0.2.1", 49152);
    peer.v4.sin_addr.s_addr = htonl(0x0a000000 + number);
    return peer;
}

}  // namespace

TEST_SUITE("services") {
    TEST_CASE("reply budget: bytes beyond the request, a burst and a rate") {
        const struct {
            ReplyRate rate;
            std::size_t asked, answered;
            int at_once, after_a_second, after_an_hour;
        } cases[] = {
            {{1000, 5000}, 0, 100, 50, 10, 50},
            {{1000, 5000}, 90, 100, 500, 100, 500},
            {{1000, 5000}, 0, 5000, 1, 0, 1},
            {{1000, 5000}, 0, 5001, 0, 0, 0},
            {{1000, 500}, 0, 100, 5, 5, 5},  // the burst is the most that is ever saved up
            {{3, 10}, 0, 1, 10, 3, 10},
            {{1024, 8192}, 0, 26, 315, 39, 315},  // daytime, with the defaults
            {{0, 8192}, 0, 1, 0, 0, 0},
            {{4'000'000'000, 4'000'000'000}, 0, 65'507, 10'000, 10'000, 10'000},
            // No larger than the request: free.
            {{0, 0}, 100, 100, 10'000, 10'000, 10'000},
            {{1, 1}, 100, 99, 10'000, 10'000, 10'000},
            {{1, 1}, 0, 0, 10'000, 10'000, 10'000},
        };
        for (const auto& c : cases) {
            CAPTURE(c.rate.bytes_per_second);
            CAPTURE(c.rate.burst);
            CAPTURE(c.asked);
            CAPTURE(c.answered);
            ReplyBudget budget(seed, c.rate);
            const SocketAddress peer = address("192.0.2.1", 49152);
            std::int64_t now = 5 * second;
            CHECK(replies(budget, peer, c.asked, c.answered, now) == c.at_once);
            CHECK(replies(budget, peer, c.asked, c.answered, now += second) == c.after_a_second);
            now += 3600 * second;
            CHECK(replies(budget, peer, c.asked, c.answered, now) == c.after_an_hour);
        }
    }

    TEST_CASE("reply budget: who shares one") {
        const struct {
            const char* one;
            const char* other;
            bool shared;
        } cases[] = {
            {"192.0.2.1", "192.0.2.1", true},
            {"192.0.2.1", "192.0.2.2", false},
            {"192.0.2.1", "::ffff:192.0.2.1", true},
            {"2001:db8::1", "2001:db8::2", true},
            {"2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", true},
            {"2001:db8::1", "2001:db8:0:1::1", false},
            {"2001:db8::1", "192.0.2.1", false},
        };
        for (const auto& c : cases) {
            CAPTURE(c.one);
            CAPTURE(c.other);
            ReplyBudget budget(seed, {100, 100});
            CHECK(replies(budget, address(c.one, 49152), 0, 10, 0) == 10);
            CHECK(replies(budget, address(c.other, 50000), 0, 10, 0) == (c.shared ? 0 : 10));
        }
    }

    TEST_CASE("reply budget: the processes and threads of a service share one") {
        ReplyBudget budget(seed, {1000, 1000});
        const pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) ::_exit(replies(budget, source(1), 0, 100, 0));
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        CHECK(WEXITSTATUS(status) == 10);
        CHECK(replies(budget, source(1), 0, 100, 0) == 0);

        std::atomic<int> got = 0;
        {
            std::vector<std::jthread> threads;
            for (int i = 0; i < 4; ++i)
                threads.emplace_back([&] { got += replies(budget, source(2), 0, 1, 0); });
        }
        // One more where two of them find room for the same network at once.
        CHECK(got >= 1000);
        CHECK(got <= 2000);
    }

    TEST_CASE("reply budget: a unix peer needs none") {
        ReplyBudget budget(seed, {0, 0});
        CHECK(budget.take(address("/run/client"), 0, 500, 0));
    }

    TEST_CASE("reply budget: a flood of other sources does not give the victim a new one") {
        ReplyBudget budget(seed, {1000, 1000}, 64);
        const SocketAddress victim = source(0);
        CHECK(replies(budget, victim, 0, 100, 0) == 10);
        for (std::uint32_t number = 1; number <= 100'000; ++number)
            budget.take(source(number), 0, 1, 0);
        CHECK(replies(budget, victim, 0, 100, 0) == 0);
        CHECK(replies(budget, victim, 0, 100, second) == 10);
    }

    TEST_CASE("reply budget: any number of sources get no more than the table and one share") {
        constexpr std::size_t networks = 64;
        ReplyBudget budget(seed, {1000, 1000}, networks);
        int total = 0;
        for (std::uint32_t number = 0; number < 10'000; ++number)
            total += replies(budget, source(number), 0, 100, 0);
        CHECK(total <= 10 * static_cast<int>(networks + 1));
        CHECK(total >= 10 * static_cast<int>(networks));
        // And what they took is forgotten with time: newcomers find room again.
        CHECK(replies(budget, source(20'000), 0, 100, second) == 10);
    }

    TEST_CASE("reply budget: a clock that stands or steps back gives nothing away") {
        ReplyBudget budget(seed, {1000, 1000});
        CHECK(replies(budget, source(1), 0, 100, 10 * second) == 10);
        CHECK(replies(budget, source(1), 0, 100, 10 * second) == 0);
        CHECK(replies(budget, source(1), 0, 100, 9 * second) == 0);
    }
}
