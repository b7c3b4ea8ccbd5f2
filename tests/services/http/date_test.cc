// SPDX-License-Identifier: ISC
#include "services/http/date.h"

#include <doctest/doctest.h>

#include <string>

using namespace minetd::http;

TEST_SUITE("services") {
    TEST_CASE("http date: moments as text, and back") {
        const struct {
            std::time_t moment;
            const char* text;
        } cases[] = {
            {0, "Thu, 01 Jan 1970 00:00:00 GMT"},
            {784111777, "Sun, 06 Nov 1994 08:49:37 GMT"},
            {951782400, "Tue, 29 Feb 2000 00:00:00 GMT"},
            {4102444799, "Thu, 31 Dec 2099 23:59:59 GMT"},
            {253402300799, "Fri, 31 Dec 9999 23:59:59 GMT"},
        };
        for (const auto& c : cases) {
            CAPTURE(c.text);
            CHECK(std::string(view(format_date(c.moment))) == c.text);
            CHECK(parse_date(c.text) == c.moment);
        }
        CHECK(view(format_date(253402300800)) == "Fri, 31 Dec 9999 23:59:59 GMT");
    }

    TEST_CASE("http date: the three forms, and what is none") {
        const struct {
            const char* text;
            std::time_t moment;  ///< -1: none
        } cases[] = {
            {"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
            {"Sunday, 06-Nov-34 08:49:37 GMT", 2046415777},
            {"Sun Nov  6 08:49:37 1994", 784111777},
            {"Wed Nov 16 08:49:37 1994", 784975777},
            {"", -1},
            {"0", -1},
            {"yesterday", -1},
            {"Sun, 06 Nov 1994 08:49:37", -1},
            {"Sun, 06 Nov 1994 08:49:37 GMT ", -1},
            {"Sun, 06 Nov 1994 08:49:37 CET", -1},
            {"Sun, 06 Nob 1994 08:49:37 GMT", -1},
            {"Sun, 06 anF 1994 08:49:37 GMT", -1},
            {"Sun, 6 Nov 1994 08:49:37 GMT", -1},
            {"Sun, 00 Nov 1994 08:49:37 GMT", -1},
            {"Sun, 32 Nov 1994 08:49:37 GMT", -1},
            {"Sun, 06 Nov 1994 24:00:00 GMT", -1},
            {"Sun, 06 Nov 1994 08:60:00 GMT", -1},
            {"Sun, 06 Nov", -1},
            {"Sun, ", -1},
            {"Sun Nov", -1},
        };
        for (const auto& c : cases) {
            CAPTURE(c.text);
            CHECK(parse_date(c.text).value_or(-1) == c.moment);
        }
    }
}
