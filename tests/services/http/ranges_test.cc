// SPDX-License-Identifier: ISC
#include "services/http/ranges.h"

#include <doctest/doctest.h>

#include <string>

using namespace minetd::http;

namespace {

std::string shown(std::string_view field, std::uint64_t size) {
    const auto ranges = parse_ranges(field, size);
    if (!ranges) return "whole";
    if (ranges->empty()) return "none";
    std::string text;
    for (const ByteRange& range : *ranges)
        text += (text.empty() ? "" : " ") + std::to_string(range.first) + '-' +
                std::to_string(range.last);
    return text;
}

}  // namespace

TEST_SUITE("services") {
    TEST_CASE("http ranges: of a file of 1000 bytes") {
        const struct {
            const char *field, *ranges;
        } cases[] = {
            {"bytes=0-0", "0-0"},
            {"bytes=0-999", "0-999"},
            {"bytes=0-1000", "0-999"},
            {"bytes=500-", "500-999"},
            {"bytes=999-", "999-999"},
            {"bytes=1000-", "none"},
            {"bytes=1000-2000", "none"},
            {"bytes=-1", "999-999"},
            {"bytes=-1000", "0-999"},
            {"bytes=-5000", "0-999"},
            {"bytes=-0", "none"},
            {"BYTES=1-2", "1-2"},
            {"bytes= 1-2 , 4-5 ", "1-2 4-5"},
            {"bytes=4-5,1-2", "4-5 1-2"},
            {"bytes=1-2,,4-5,", "1-2 4-5"},
            {"bytes=1-2,2000-,-1", "1-2 999-999"},
            {"bytes=2000-,3000-", "none"},
            {"bytes=0-18446744073709551616", "0-999"},
            {"bytes=99999999999999999999999-", "none"},
            {"bytes=-99999999999999999999999", "0-999"},
            {"bytes=0-,0-", "whole"},
            {"bytes=0-600,400-999", "whole"},
            {"bytes=0-0,1-1,2-2,3-3,4-4,5-5,6-6,7-7,8-8,9-9,10-10,11-11,12-12,13-13,14-14,15-15",
             "0-0 1-1 2-2 3-3 4-4 5-5 6-6 7-7 8-8 9-9 10-10 11-11 12-12 13-13 14-14 15-15"},
            {"bytes=0-0,1-1,2-2,3-3,4-4,5-5,6-6,7-7,8-8,9-9,10-10,11-11,12-12,13-13,14-14,15-15,"
             "16-16",
             "whole"},
            {"bytes=2-1", "whole"},
            {"bytes=1-2,2-1", "whole"},
            {"bytes=a-b", "whole"},
            {"bytes=1", "whole"},
            {"bytes=-", "whole"},
            {"bytes=--1", "whole"},
            {"bytes=1-2-3", "whole"},
            {"bytes=+1-2", "whole"},
            {"bytes=1 -2", "whole"},
            {"bytes=", "whole"},
            {"bytes=,", "whole"},
            {"bytes", "whole"},
            {"lines=1-2", "whole"},
            {"", "whole"},
        };
        for (const auto& c : cases) {
            CAPTURE(c.field);
            CHECK(shown(c.field, 1000) == c.ranges);
        }
    }

    TEST_CASE("http ranges: of an empty file") {
        CHECK(shown("bytes=0-", 0) == "none");
        CHECK(shown("bytes=-0", 0) == "none");
        CHECK(shown("bytes=-1", 0) == "whole");
    }
}
