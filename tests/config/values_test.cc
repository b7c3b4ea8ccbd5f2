// SPDX-License-Identifier: ISC
#include "daemon/config/values.h"

#include <doctest/doctest.h>

#include <limits>

using namespace minetd;

TEST_SUITE("config") {
    TEST_CASE("numbers are strictly decimal, and saturate") {
        constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
        struct {
            std::string text;
            std::optional<std::int64_t> value;
        } const cases[] = {{"0", 0},
                           {"007", 7},
                           {"-5", -5},
                           {"9223372036854775807", most},
                           {"99999999999999999999", most},
                           {"", {}},
                           {"-", {}},
                           {"+1", {}},
                           {"1 ", {}},
                           {"0x1", {}},
                           {"1e3", {}}};
        for (const auto& [text, value] : cases) {
            const auto& which = text;
            CAPTURE(which);
            CHECK(decimal(text) == value);
        }
    }

    TEST_CASE("units") {
        constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
        CHECK(size_from("64k", 0, most) == 65536);
        CHECK(size_from("1G", 0, most) == 1073741824);
        CHECK(seconds_from("90", 0, most) == 90);
        CHECK(seconds_from("2h", 0, most) == 7200);
        CHECK_THROWS_AS(size_from("64q", 0, most), BadValue);
        CHECK_THROWS_AS(size_from("k", 0, most), BadValue);
        CHECK_THROWS_AS(size_from("9223372036854775807k", 0, 1000), BadValue);
        CHECK_THROWS_AS(seconds_from("-1m", 0, most), BadValue);
        CHECK(mode_from("0755") == 0755U);
        CHECK(mode_text(022) == "0022");
        for (const char* wrong : {"", "8", "77777", "0o7", "99999999999999999"})
            CHECK_THROWS_AS(mode_from(wrong), BadValue);
    }

    TEST_CASE("near words") {
        CHECK(distance("wait", "wait") == 0);
        CHECK(distance("nowiat", "nowait") == 1);
        CHECK(distance("NoWait", "nowait") == 0);
        CHECK(distance("", "abc") == 3);
        CHECK(distance(std::string(100, 'a'), "b") == 64);
        static constexpr std::string_view words[] = {"nowait", "wait", "prefork"};
        CHECK(nearest("nowiat", words) == "nowait");
        CHECK(nearest("perfork", words) == "prefork");
        CHECK(nearest("x", words).empty());
        CHECK(did_you_mean("wiat", words) == "did you mean `wait`?");
        CHECK(did_you_mean("", words).empty());
    }
}
