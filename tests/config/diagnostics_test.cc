// SPDX-License-Identifier: ISC
#include "daemon/config/diagnostics.h"

#include <doctest/doctest.h>

#include "tests/config/reading.h"

using namespace minetd;
using namespace minetd::testing;

namespace {

Where at(std::string text, unsigned column) {
    return {std::make_shared<const std::string>("f"), 3, column, std::move(text)};
}

}  // namespace

TEST_SUITE("config") {
    TEST_CASE("a diagnostic is shown with its line and a caret under the column") {
        struct {
            std::string text;
            unsigned column;
            std::string shown;
        } const cases[] = {
            {"abc", 2, "    abc\n     ^\n"},
            {"abc", 4, "    abc\n       ^\n"},
            {"abc", 99, "    abc\n       ^\n"},
            {"a\tbc", 3, "    a bc\n      ^\n"},
            {std::string("a\0b", 3), 3, "    a\\x00b\n         ^\n"},
            {"\x1b[31m", 2, "    \\x1b[31m\n        ^\n"},
            {"\xC3\xA4x", 3, "    \xC3\xA4x\n     ^\n"},
            {"\xFFx", 2, "    \\xffx\n        ^\n"},
            {"\xC2\x9Bx", 3, "    \\xc2\\x9bx\n            ^\n"},
        };
        for (const auto& [text, column, shown] : cases) {
            const auto& which = text;
            CAPTURE(which);
            CHECK(render({Severity::error, at(text, column), "no", {}}) ==
                  "f:3:" + std::to_string(column) + ": no\n" + shown);
        }
    }

    TEST_CASE("places, severity, advice") {
        CHECK(render({Severity::warning, {}, "no", "do"}) == "warning: no\n    do\n");
        CHECK(summary({Severity::error, at("abc", 2), "no", "do"}) == "f:3:2: no; do");
        CHECK(summary({Severity::error, at("abc", 2), "no\n", {}}) == "f:3:2: no\\x0a");
        CHECK(summary({Severity::warning, at("abc", 2), "no", {}}) == "f:3:2: no");
        CHECK(at("", 0).str() == "f:3");
        CHECK(Where{}.str().empty());
        CHECK(at("a", 1) == at("b", 2));
    }

    TEST_CASE("a long line is cut around the caret") {
        const std::string text = std::string(5000, 'a') + "X" + std::string(5000, 'b');
        const std::string shown = render({Severity::error, at(text, 5001), "no", {}});
        CHECK(shown.size() < 400);
        const std::size_t line = shown.find('\n') + 1, caret = shown.find('\n', line) + 1;
        CHECK(shown[line + (shown.find('^') - caret)] == 'X');
    }

    TEST_CASE("findings come in the order of the file") {
        const Reading reading = read(
            "7000 stream tcp nowait nobody cat\nx stream tcp nowait nobody /bin/cat\n7001 stream "
            "tpc nowait nobody /bin/cat\n");
        REQUIRE(reading.diagnostics.all().size() == 3);
        for (unsigned i = 0; i < 3; ++i) CHECK(reading.diagnostics.all()[i].where.line == i + 1);
    }
}
