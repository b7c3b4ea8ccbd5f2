// SPDX-License-Identifier: ISC
#include "daemon/saved_state.h"

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <stdexcept>
#include <string>

using namespace minetd;

namespace {

constexpr Milliseconds now = 10'000'000, hour = 3'600'000;
constexpr std::int64_t nanoseconds = 1'000'000;

SavedState sample() {
    SavedState state;
    state.denied.push_back({.address = {1, 2}, .length = 128, .until = now + hour});
    state.denied.push_back({.address = {1, 0}, .length = 64, .until = DenyList::for_ever});
    SavedState::Service& service = state.services["tcp \xFF\x01 \"odd\""];
    service.totals.accesses = 5;
    service.totals.requests = ~std::uint64_t{0};
    service.counts.paused_until = now + hour;
    service.counts.minute = {.slice = now / 5000, .counts = {1, 2, 3}};
    service.counts.sources.push_back({.source = {.key = {3, 4}, .kind = AF_INET6},
                                      .last_used = now - 1,
                                      .rate_full_at = (now + hour) * nanoseconds,
                                      .minute = service.counts.minute});
    return state;
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
    const std::size_t at = text.find(what);
    REQUIRE(at != text.npos);
    return text.replace(at, what.size(), with);
}

}  // namespace

TEST_SUITE("daemon") {
    TEST_CASE("a saved state is read as it was written") {
        const SavedState before = sample();
        const SavedState after = SavedState::from_text(before.to_text(), now);
        CHECK(after.denied == before.denied);
        REQUIRE(after.services.size() == 1);
        CHECK(after.services.begin()->first == before.services.begin()->first);
        CHECK(after.services.begin()->second.counts == before.services.begin()->second.counts);
        CHECK(after.services.begin()->second.totals.accesses == 5);
        CHECK(after.to_text() == before.to_text());
    }

    TEST_CASE("of a saved state only that is taken which holds still") {
        const SavedState later = SavedState::from_text(sample().to_text(), now + 2 * hour);
        REQUIRE(later.denied.size() == 1);
        CHECK(later.denied.front().until == DenyList::for_ever);
        CHECK(later.services.begin()->second.counts.empty());
        CHECK(later.services.begin()->second.totals.accesses == 5);
        // Of another boot: what was said of times that have not come yet is nothing.
        const SavedState sooner = SavedState::from_text(sample().to_text(), now - 2 * hour);
        CHECK(sooner.services.begin()->second.counts.sources.empty());
    }

    TEST_CASE("a saved state with anything wrong in it is refused") {
        const std::string good = sample().to_text();
        const struct {
            const char *what, *with, *problem;
        } rows[] = {
            {"{", "[", "parse error"},
            {"\"minetd-state\"", "\"minetd\"", "none of minetd's"},
            {"\"format\":1", "\"format\":2", "format"},
            {"\"format\":1", "\"format\":-1", "format"},
            {"\"format\"", "\"shape\"", "format"},
            {"[1,2,128,", "[1,2,64,", "denied address"},
            {"[1,2,128,", "[1,2,129,", "denied address"},
            {"[1,2,128,", "[1,2,", "list of 4"},
            {"[1,2,128,", "[-1,2,128,", "`address` is out of its range"},
            {"[1,2,128,", "[\"1\",2,128,", "`address` is out of its range"},
            {"\"totals\":[5,", "\"totals\":[", "list of 5"},
            {"\"totals\":[5,", "\"totals\":[1.5,", "out of its range"},
            {"\"paused_until\"", "\"paused\"", "paused_until"},
            {"[1,0,64,18014398509481984]", "[1,0,64,18014398509481985]", "for ever"},
        };
        for (const auto& row : rows) {
            CAPTURE(row.what);
            CAPTURE(row.with);
            std::string problem;
            try {
                SavedState::from_text(replaced(good, row.what, row.with), now);
            } catch (const std::runtime_error& error) {
                problem = error.what();
            }
            CHECK(problem.find(row.problem) != problem.npos);
        }
        CHECK_THROWS_AS(SavedState::from_text("", now), std::runtime_error);
        CHECK_THROWS_AS(SavedState::from_text("null", now), std::runtime_error);
    }
}
