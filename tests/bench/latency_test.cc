// SPDX-License-Identifier: ISC

#include "tests/bench/latency.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

namespace minetd::bench {

TEST_SUITE("bench") {
    TEST_CASE("a quantile is within one percent of the value that was put in") {
        for (const std::uint64_t value : {0UL, 1UL, 127UL, 128UL, 255UL, 256UL, 257UL, 1000UL,
                                          12345UL, 999999UL, 86400000000000UL}) {
            CAPTURE(value);
            Latency latency;
            latency.add(value);
            for (const double share : {0.0, 0.5, 0.99, 1.0}) {
                const auto got = static_cast<double>(latency.quantile(share));
                CHECK(got <= static_cast<double>(value));
                CHECK(got >= 0.99 * static_cast<double>(value));
            }
            CHECK(latency.longest() == value);
        }
    }

    TEST_CASE("quantiles count, whatever the order") {
        Latency latency;
        for (std::uint64_t value = 200; value > 0; --value) latency.add(value);
        const struct {
            double share;
            std::uint64_t value;
        } rows[] = {{0.005, 1}, {0.5, 100}, {0.99, 198}, {1.0, 200}};
        for (const auto& row : rows) {
            CAPTURE(row.share);
            CHECK(latency.quantile(row.share) == row.value);
        }
        CHECK(latency.count() == 200);
    }

    TEST_CASE("nothing recorded is nothing") {
        CHECK(Latency().quantile(0.5) == 0);
        CHECK(Latency().count() == 0);
    }
}

}  // namespace minetd::bench
