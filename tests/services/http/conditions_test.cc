// SPDX-License-Identifier: ISC
#include "services/http/conditions.h"

#include <doctest/doctest.h>

using namespace minetd::http;

TEST_SUITE("services") {
    constexpr std::time_t modified = 784111777;
    constexpr const char* same = "Sun, 06 Nov 1994 08:49:37 GMT";
    constexpr const char* before = "Sun, 06 Nov 1994 08:49:36 GMT";
    constexpr const char* after = "Sun, 06 Nov 1994 08:49:38 GMT";

    TEST_CASE("http conditions: which decides, and how") {
        struct Case {
            const char *match, *none_match, *modified_since, *unmodified_since;
            int status;
            bool weak = false;
        };
        const Case cases[] = {
            {"", "", "", "", 200},
            {"", "", same, "", 304},
            {"", "", after, "", 304},
            {"", "", before, "", 200},
            {"", "", "no date", "", 200},
            {"", "", "", same, 200},
            {"", "", "", after, 200},
            {"", "", "", before, 412},
            {"", "", "", "no date", 200},
            {"", "\"e\"", "", "", 304},
            {"", "W/\"e\"", "", "", 304},
            {"", "\"x\"", "", "", 200},
            {"", "*", "", "", 304},
            {"", "\"x\", \"e\"", "", "", 304},
            {"", "\"x\",W/\"e\" , \"y\"", "", "", 304},
            {"", "\"x, \", \"e\"", "", "", 304},
            {"", "e", "", "", 200},
            {"", "\"e", "", "", 200},
            {"", "\"e\"", "", "", 304, true},
            {"\"e\"", "", "", "", 200},
            {"\"x\"", "", "", "", 412},
            {"*", "", "", "", 200},
            {"\"x\", \"e\"", "", "", "", 200},
            {"W/\"e\"", "", "", "", 412},
            {"\"e\"", "", "", "", 412, true},
            // The entity tag is believed before the date.
            {"", "\"x\"", after, "", 200},
            {"", "\"e\"", before, "", 304},
            {"\"e\"", "", "", before, 200},
            {"\"x\"", "", "", after, 412},
            // A failed one before one that would say 304.
            {"\"x\"", "\"e\"", "", "", 412},
            {"\"e\"", "\"e\"", "", "", 304},
            {"", "", after, before, 412},
        };
        for (const Case& c : cases) {
            CAPTURE(c.match);
            CAPTURE(c.none_match);
            CAPTURE(c.modified_since);
            CAPTURE(c.unmodified_since);
            Request request;
            request.if_match = c.match;
            request.if_none_match = c.none_match;
            request.if_modified_since = c.modified_since;
            request.if_unmodified_since = c.unmodified_since;
            const Verdict verdict = judge(request, {c.weak ? "W/\"e\"" : "\"e\"", modified});
            CHECK(verdict == (c.status == 200   ? Verdict::serve
                              : c.status == 304 ? Verdict::not_modified
                                                : Verdict::failed));
        }
    }

    TEST_CASE("http conditions: If-Range needs the same state for certain") {
        const struct {
            const char *if_range, *etag;
            std::time_t age;
            bool applies;
        } cases[] = {
            {"", "\"e\"", 100, true},           {"\"e\"", "\"e\"", 100, true},
            {"\"x\"", "\"e\"", 100, false},     {"W/\"e\"", "\"e\"", 100, false},
            {"W/\"e\"", "W/\"e\"", 100, false}, {"\"e\"", "W/\"e\"", 100, false},
            {same, "\"e\"", 60, true},          {same, "\"e\"", 59, false},
            {before, "\"e\"", 100, false},      {after, "\"e\"", 100, false},
            {"no date", "\"e\"", 100, false},
        };
        for (const auto& c : cases) {
            CAPTURE(c.if_range);
            CAPTURE(c.etag);
            Request request;
            request.if_range = c.if_range;
            CHECK(range_applies(request, {c.etag, modified}, modified + c.age) == c.applies);
        }
    }
}
