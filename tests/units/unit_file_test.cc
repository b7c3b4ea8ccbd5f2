// SPDX-License-Identifier: ISC
#include "daemon/units/unit_file.h"

#include <doctest/doctest.h>

using namespace minetd;

TEST_SUITE("units") {
    TEST_CASE("words are quoted as systemd reads them") {
        const struct {
            std::string text, word, argument;
        } rows[] = {
            {"plain-1.2/x:y=z", "plain-1.2/x:y=z", "plain-1.2/x:y=z"},
            {"", "\"\"", "\"\""},
            {"two words", "\"two words\"", "\"two words\""},
            {"100%", "100%%", "100%%"},
            {"$HOME", "$HOME", "$$HOME"},
            {"a$b c", "\"a$b c\"", "\"a$$b c\""},
            {"back\\slash", "\"back\\\\slash\"", "\"back\\\\slash\""},
            {"it's", "\"it's\"", "\"it's\""},
            {"say \"x\"", "\"say \\\"x\\\"\"", "\"say \\\"x\\\"\""},
            {";", "\";\"", "\";\""},
            {"#x", "\"#x\"", "\"#x\""},
            {"line\nnext\t", "\"line\\x0anext\\x09\"", "\"line\\x0anext\\x09\""},
            {"\xc3\xa9", "\"\xc3\xa9\"", "\"\xc3\xa9\""},
        };
        for (const auto& row : rows) {
            CAPTURE(row.text);
            CHECK(unit_word(row.text) == row.word);
            CHECK(unit_argument(row.text) == row.argument);
        }
    }
    TEST_CASE("whole values have no quotes, and some cannot be written") {
        CHECK(unit_value("/srv/100% sure") == "/srv/100%% sure");
        CHECK(unit_value("") == "");
        for (const char* text : {" x", "x ", "x\\", "a\nb", "a\x7f"}) {
            CAPTURE(text);
            CHECK_FALSE(unit_value(text).has_value());
        }
    }
    TEST_CASE("text keeps its backslashes, and blanks at its ends") {
        CHECK(unit_text(" a \\ 5% ") == "\\x20a \\\\ 5%%\\x20");
        CHECK(unit_text("a\tb") == "a\\x09b");
    }
    TEST_CASE("names of units") {
        const struct {
            std::string text, name;
        } rows[] = {
            {"finger", "finger"},
            {"/run/status", "run_status"},
            {"@name", "name"},
            {"a@b:c", "a_b_c"},
            {".x", "_.x"},
            {"-x", "_-x"},
            {"///", "_"},
            {"x\ny", "x_y"},
            {std::string(400, 'x'), std::string(180, 'x')},
        };
        for (const auto& row : rows) {
            CAPTURE(row.text);
            CHECK(unit_name(row.text) == row.name);
        }
    }
    TEST_CASE("a remark cannot become a setting") {
        UnitFile unit("x.service");
        unit.remark("Unit", "a\nExecStart=/bin/evil");
        unit.remark("Unit", "ends with \\");
        unit.set("Service", "User", "x");
        unit.set("Unit", "Description", "y");
        CHECK(unit.text() ==
              "[Unit]\n# a?ExecStart=/bin/evil\n# ends with "
              "\\.\nDescription=y\n\n[Service]\nUser=x\n");
    }
}
