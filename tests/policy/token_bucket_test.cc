// SPDX-License-Identifier: ISC
#include "daemon/policy/token_bucket.h"

#include <doctest/doctest.h>

using namespace minetd;

namespace {

/// How many of `tries` find a token at `now`.
unsigned take(FullAt& bucket, const Rate& rate, Milliseconds now, unsigned tries) {
    unsigned count = 0;
    for (; tries > 0; --tries) {
        if (tokens(bucket, rate, now) == 0) continue;
        bucket = take_token(bucket, rate, now);
        ++count;
    }
    return count;
}

}  // namespace

TEST_SUITE("policy") {
    TEST_CASE("a burst at once, and the rate after it") {
        const struct {
            const char* name;
            Rate rate;
            Milliseconds pause;
            unsigned at_once, after;
        } rows[] = {
            {"10/s", {10, 1, 10}, 1000, 10, 10},
            {"10/s, half a second", {10, 1, 10}, 500, 10, 5},
            {"10/s, not quite a token's time", {10, 1, 10}, 99, 10, 0},
            {"10/s, a token's time", {10, 1, 10}, 100, 10, 1},
            {"10/s with a burst of 3", {10, 1, 3}, 10'000, 3, 3},
            {"2/s with a burst of 20", {2, 1, 20}, 1000, 20, 2},
            {"1/d", {1, 86'400, 1}, 86'399'999, 1, 0},
            {"1/d, a day later", {1, 86'400, 1}, 86'400'000, 1, 1},
            {"100/m", {100, 60, 100}, 6'000, 100, 10},
            {"more in a second than milliseconds", {50'000, 1, 50'000}, 1, 50'000, 50},
            {"more than nanoseconds", {4'000'000'000U, 1, 5}, 1, 5, 5},
        };
        for (const auto& row : rows) {
            CAPTURE(row.name);
            const Milliseconds now = 1'000'000;
            FullAt bucket = 0;
            CHECK(tokens(bucket, row.rate, now) == row.rate.burst);
            CHECK(take(bucket, row.rate, now, row.at_once + 5) == row.at_once);
            CHECK(take(bucket, row.rate, now + row.pause, row.after + 5) == row.after);
        }
    }

    TEST_CASE("a moment that no clock gives is a full bucket") {
        const Rate rate{1, 86'400, 5};
        for (const FullAt bucket : {FullAt{INT64_MIN}, FullAt{-1}}) {
            CHECK(tokens(bucket, rate, 1'000'000) == rate.burst);
            CHECK(tokens(take_token(bucket, rate, 1'000'000), rate, 1'000'000) == rate.burst - 1);
        }
    }

    TEST_CASE("a bucket far in the future stays there") {
        const Rate rate{1, 86'400, 4'000'000'000U};
        FullAt bucket = 0;
        for (int i = 0; i < 200'000; ++i) bucket = take_token(bucket, rate, 1);
        CHECK(bucket == INT64_MAX);
        CHECK(tokens(bucket, rate, 2) > 0);
        CHECK(take_token(bucket, rate, 2) == INT64_MAX);
    }
}
