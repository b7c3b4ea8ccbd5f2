// SPDX-License-Identifier: ISC

#include "tests/bench/figures.h"

#include <doctest/doctest.h>

#include <initializer_list>
#include <optional>

namespace minetd::bench {

namespace {

constexpr ServerKind server_named(std::string_view name) {
    return {.name = name};
}

struct Round {
    double rate;
    bool counts;
};

Series series_of(const ServerKind& server, std::initializer_list<Round> rounds) {
    Series series{&server, {}, {}};
    for (const Round& round : rounds) {
        Sample sample;
        sample.rate = round.rate;
        sample.errors = 1;
        sample.counts = round.counts;
        sample.round = static_cast<unsigned>(series.samples.size());
        series.samples.push_back(sample);
    }
    return series;
}

}  // namespace

TEST_SUITE("bench") {
    TEST_CASE("only rounds that count make a figure") {
        constexpr ServerKind server = server_named("x");
        const struct {
            Series series;
            double median, least, most;
            unsigned count;
        } rows[] = {
            {series_of(server, {{3, true}, {1, true}, {2, true}}), 2, 1, 3, 3},
            {series_of(server, {{1, true}, {2, true}}), 1.5, 1, 2, 2},
            {series_of(server, {{100, false}, {1, true}, {100, false}}), 1, 1, 1, 1},
            {series_of(server, {{5, false}, {7, false}}), 6, 5, 7, 0},
            {series_of(server, {}), 0, 0, 0, 0},
        };
        for (const auto& row : rows) {
            CAPTURE(row.series.samples.size());
            const Spread rate = spread(row.series, &Sample::rate);
            CHECK(rate.median == row.median);
            CHECK(rate.least == row.least);
            CHECK(rate.most == row.most);
            CHECK(rounds_that_count(row.series) == row.count);
            CHECK(comparable(&row.series) == (row.count > 0));
            CHECK(errors(row.series) == static_cast<double>(row.series.samples.size()));
        }
        CHECK(!comparable(nullptr));
    }

    TEST_CASE("a ratio needs two sides that count") {
        constexpr ServerKind fast = server_named("limit_a"), slow = server_named("limit_b"),
                             far = server_named("limit_c"), mine = server_named("mine"),
                             ours = server_named("minetd_event"), worse = server_named("worse");
        Comparison comparison{nullptr, 16, {}};
        comparison.series = {series_of(slow, {{10, true}}), series_of(fast, {{20, true}}),
                             series_of(far, {{99, false}}), series_of(mine, {{15, true}}),
                             series_of(ours, {{30, true}}), series_of(worse, {{5, true}})};
        const Series* own = find(comparison, "mine");
        REQUIRE(own != nullptr);
        CHECK(best_limit(comparison) == find(comparison, "limit_a"));
        CHECK(best_peer(comparison) == own);
        CHECK(rate_ratio(own, best_limit(comparison)) == 0.75);
        CHECK(rate_ratio(own, find(comparison, "limit_c")) == std::nullopt);
        CHECK(rate_ratio(own, find(comparison, "nobody")) == std::nullopt);
        CHECK(ratio_text(0.75) == "0.75");
        CHECK(ratio_text(std::nullopt) == "-");
    }

    TEST_CASE("a paired ratio is that of rounds, and of those that count for both") {
        constexpr ServerKind one = server_named("one"), other = server_named("other");
        // The machine became four times as fast meanwhile, which says nothing of either.
        const struct {
            Series series;
            std::optional<double> ratio;
        } rows[] = {
            {series_of(one, {{5, true}, {20, true}, {10, true}}), 0.5},
            {series_of(one, {{5, true}, {99, false}}), 0.5},
            {series_of(one, {{5, true}, {40, true}}), 0.75},
            {series_of(one, {{99, false}, {20, true}, {99, false}, {1, true}}), 0.5},
            {series_of(one, {{99, false}}), std::nullopt},
        };
        const Series base = series_of(other, {{10, true}, {40, true}, {20, true}});
        for (const auto& row : rows) {
            CAPTURE(row.series.samples.size());
            CHECK(paired_ratio(&row.series, &base, &Sample::rate) == row.ratio);
        }
        // A round that was repeated has more samples than one.
        Series again = series_of(one, {{99, false}, {5, true}, {20, true}});
        again.samples[1].round = 0;
        again.samples[2].round = 1;
        CHECK(paired_ratio(&again, &base, &Sample::rate) == 0.5);
        CHECK(paired_ratio(&again, nullptr, &Sample::rate) == std::nullopt);
    }

    TEST_CASE("numbers have commas") {
        const struct {
            double value;
            const char* text;
        } rows[] = {{0, "0"},
                    {999, "999"},
                    {1000, "1,000"},
                    {12345.6, "12,346"},
                    {1234567, "1,234,567"},
                    {-1000, "-1,000"},
                    {-100, "-100"}};
        for (const auto& row : rows) {
            CAPTURE(row.value);
            CHECK(with_commas(row.value) == row.text);
        }
    }
}

}  // namespace minetd::bench
