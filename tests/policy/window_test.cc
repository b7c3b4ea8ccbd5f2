// SPDX-License-Identifier: ISC
#include "daemon/policy/window.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <deque>
#include <random>

using namespace minetd;

TEST_SUITE("policy") {
    TEST_CASE("a limit of N lets exactly N pass at once, and N again when a minute is over") {
        for (const unsigned limit : {1U, 3U, 256U}) {
            CAPTURE(limit);
            Window window;
            Milliseconds now = 1'000'000;
            unsigned passed = 0;
            for (unsigned i = 0; i < 2 * limit; ++i) {
                if (window_count(window, now, minute_slice) >= limit) continue;
                window_add(window, now, minute_slice);
                ++passed;
            }
            CHECK(passed == limit);
            CHECK(window_count(window, now + 59'000, minute_slice) == limit);
            CHECK(window_count(window, now + 60'000 + minute_slice, minute_slice) == 0);
        }
    }

    TEST_CASE("no 60 seconds ever see more than the limit, whenever they begin") {
        std::mt19937 random(7);
        constexpr unsigned limit = 20;
        Window window;
        std::deque<Milliseconds> passed;
        Milliseconds now = 5'000'000;
        for (int i = 0; i < 50'000; ++i) {
            now += random() % 10 == 0 ? random() % 20'000 : random() % 300;
            if (window_count(window, now, minute_slice) >= limit) continue;
            window_add(window, now, minute_slice);
            passed.push_back(now);
            while (passed.front() <= now - 60'000) passed.pop_front();
            REQUIRE(passed.size() <= limit);
        }
    }

    TEST_CASE("whatever a hostile process has written, counting ends and stays within the window") {
        constexpr std::int64_t first = INT64_MIN, last = INT64_MAX;
        for (const std::int64_t slice : {first, first + 5, std::int64_t{-200}, std::int64_t{-1},
                                         std::int64_t{0}, std::int64_t{300}, last - 5, last}) {
            CAPTURE(slice);
            struct {
                std::uint64_t before = 0;
                Window window;
                std::uint64_t after = 0;
            } memory;
            memory.window.slice = slice;
            for (std::uint32_t& count : memory.window.counts) count = 7;
            CHECK(window_count(memory.window, 1'000'000, minute_slice) <= 7 * (Window::slices + 1));
            window_add(memory.window, 1'000'000, minute_slice);
            CHECK(window_count(memory.window, 1'000'000, minute_slice) >= 1);
            CHECK(memory.window.slice >= 0);
            CHECK(memory.before == 0);
            CHECK(memory.after == 0);
        }
    }

    TEST_CASE("a long silence forgets everything, a second's window works like a minute's") {
        Window window;
        for (int i = 0; i < 5; ++i) window_add(window, 1000, second_slice);
        CHECK(window_count(window, 1000, second_slice) == 5);
        CHECK(window_count(window, 1999, second_slice) == 5);
        CHECK(window_count(window, 2000 + 2 * second_slice, second_slice) == 0);
        window_add(window, 100'000'000, second_slice);
        CHECK(window_count(window, 100'000'000, second_slice) == 1);
    }
}
