// SPDX-License-Identifier: ISC
#include "daemon/config/words.h"

#include <doctest/doctest.h>

#include "daemon/config/dialect.h"

using namespace minetd;

namespace {

std::string joined(const std::string& text, Quotes quotes, bool comments, bool& failed) {
    Diagnostics diagnostics;
    const auto source = std::make_shared<const Source>("f", text + "\n", diagnostics);
    LogicalLine line(source);
    for (std::size_t i = 0; i < source->size(); ++i) line.append(source->line(i).text, i, 0);
    std::string out;
    for (const Word& word : split(line, quotes, comments, diagnostics, failed))
        out += "<" + word.text + ">";
    return out;
}

}  // namespace

TEST_SUITE("config") {
    TEST_CASE("words and quotes, dialect by dialect") {
        using enum Quotes;
        struct {
            Quotes quotes;
            std::string text, words;
            bool fails;
        } const cases[] = {
            {anywhere, " a  b\tc ", "<a><b><c>", false},
            {anywhere, "a\n b", "<a><b>", false},
            {anywhere, "'a b' \"c d\"", "<a b><c d>", false},
            {anywhere, "x='a b'\"c\"y", "<x=a bcy>", false},
            {anywhere, "\"it's\" ''", "<it's><>", false},
            {anywhere, "\"a\\n\"", "<a\\n>", false},
            {anywhere, "a 'b c", "<a><b c>", true},
            {anywhere, "# a", "<#><a>", false},
            {at_start, "'a b'c d", "<a b><c><d>", false},
            {at_start, "x'a b'", "<x'a><b'>", false},
            {gnu, "x\"y z\"w", "<x><y z><w>", false},
            {gnu, "'y \"z' w", "<y \"z><w>", false},
            {ordinary, "\"a b\" 'c", "<\"a><b\"><'c>", false},
            {with_escapes, R"("a\n\t\\\"\x41" '\n' b\n)", "<a\n\t\\\"A><\\n><b\\n>", false},
            {with_escapes, R"("\q")", "<q>", true},
            {with_escapes, R"("\x00")", "<x00>", true},
            {with_escapes, R"("\x4)", "<x4>", true},
        };
        for (const auto& [quotes, text, words, fails] : cases) {
            const auto& which = text;
            CAPTURE(which);
            bool failed = false;
            CHECK(joined(text, quotes, false, failed) == words);
            CHECK(failed == fails);
        }
        bool failed = false;
        CHECK(joined("a #b\nc x#y '#z'", Quotes::with_escapes, true, failed) == "<a><c><x#y><#z>");
    }

    TEST_CASE("every word that is quoted is read back") {
        for (unsigned c = 1; c < 256; ++c)
            for (const std::string& word :
                 {std::string(1, static_cast<char>(c)),
                  "a" + std::string(1, static_cast<char>(c)) + "0", std::string()}) {
                if (c == '\r') continue;  // at the end of a line it is part of it
                CAPTURE(c);
                bool failed = false;
                const std::string quoted = quote(word);
                CHECK(joined(quoted, Quotes::with_escapes, true, failed) == "<" + word + ">");
                CHECK_FALSE(failed);
            }
    }

    TEST_CASE("dialects by name") {
        CHECK(dialect_from("auto") == Dialect::automatic);
        CHECK(dialect_from("inetd-busybox") == Dialect::inetd_busybox);
        for (unsigned i = 0; i <= static_cast<unsigned>(Dialect::xinetd); ++i) {
            const auto dialect = static_cast<Dialect>(i);
            CHECK(rules_of(dialect).dialect == dialect);
            CHECK(dialect_from(rules_of(dialect).name) == dialect);
        }
        CHECK_THROWS_WITH(dialect_from("sysv"), doctest::Contains("inetd-gnu"));
    }
}
