// SPDX-License-Identifier: ISC
#include "daemon/config/sections.h"

#include <doctest/doctest.h>

#include "daemon/config/lines.h"
#include "tests/config/reading.h"

using namespace minetd;
using namespace minetd::testing;

TEST_SUITE("config") {
    TEST_CASE("what begins the sections") {
        struct {
            std::string line, header;
        } const cases[] = {{"[a]", "a"},
                           {"[a b]", "a b"},
                           {"[[::1]:80/tcp6]", "[::1]:80/tcp6"},
                           {"[a] # b", "a"},
                           {"[a]\t; b]", "a"},
                           {"[]", ""},
                           {"[::1]:80 stream", "-"},
                           {"[::1]:", "-"},
                           {" [a]", "-"},
                           {"[a", "-"},
                           {"[a] b", "-"},
                           {"[a]#b", "-"},
                           {"", "-"}};
        for (const auto& [line, header] : cases) {
            const auto& which = line;
            CAPTURE(which);
            CHECK(section_header(line).value_or("-") == header);
        }
    }

    TEST_CASE("names, operators, values and their places") {
        Diagnostics diagnostics;
        const std::string text =
            "[one]\n"
            "name = value ; no comment\n"
            "Apache  150\n"
            "a+=b\n"
            "a-=b\n"
            "with-dash -= c\n"
            "long = " +
            std::string(500, 'x') +
            "  y\n"
            "  more;\n"
            "# comment\n"
            "\n"
            "    again  \n"
            "; comment\n"
            "empty =\n"
            "[two] # comment\n"
            "x = = y\n";
        const auto source = std::make_shared<const Source>("f", text, diagnostics);
        const std::vector<Section> sections = read_sections(source, 0, diagnostics);
        CHECK(diagnostics.all().empty());
        REQUIRE(sections.size() == 2);
        struct {
            std::string name;
            Operator op;
            std::string value;
            unsigned line, column;
        } const expected[] = {
            {"name", Operator::set, "value ; no comment", 2, 8},
            {"Apache", Operator::set, "150", 3, 9},
            {"a", Operator::add, "b", 4, 4},
            {"a", Operator::remove, "b", 5, 4},
            {"with-dash", Operator::remove, "c", 6, 14},
            {"long", Operator::set, std::string(500, 'x') + "  y\nmore;\nagain  ", 7, 8},
            {"empty", Operator::set, "", 13, 8},
        };
        REQUIRE(sections[0].settings.size() == std::size(expected));
        for (std::size_t i = 0; i < std::size(expected); ++i) {
            const Setting& setting = sections[0].settings[i];
            CAPTURE(expected[i].name);
            CHECK(setting.name == expected[i].name);
            CHECK(setting.op == expected[i].op);
            CHECK(setting.value->text() == expected[i].value);
            CHECK(setting.where.line == expected[i].line);
            CHECK(setting.value->where(0).line == expected[i].line);
            CHECK(setting.value->where(0).column == expected[i].column);
        }
        const LogicalLine& value = *sections[0].settings[5].value;
        CHECK(value.where(value.text().find("more")).str() == "f:8:3");
        CHECK(value.where(value.text().find("again")).str() == "f:11:5");
        CHECK(value.where(502).str() == "f:7:510");
        CHECK(sections[1].settings[0].value->text() == "= y");
    }

    TEST_CASE("which services a header is about") {
        const std::string lines =
            "echo stream tcp nowait nobody internal\necho dgram udp wait nobody "
            "internal\n127.0.0.1:7000 stream tcp4 nowait nobody /bin/cat\n"
            "[::1]:7000 stream tcp6 nowait nobody /bin/cat\n/run/x stream unix nowait nobody "
            "/bin/cat\ntcpmux/go stream tcp nowait nobody /bin/cat\n"
            "tcpmux stream tcp nowait nobody internal\n";
        struct {
            std::string header;
            std::vector<std::string> keys;
        } const cases[] = {
            {"echo", {"echo/tcp", "echo/udp"}},
            {"echo/udp", {"echo/udp"}},
            {"7000", {"127.0.0.1:7000/tcp4", "[::1]:7000/tcp6"}},
            {"7000/tcp", {"127.0.0.1:7000/tcp4", "[::1]:7000/tcp6"}},
            {"7000/tcp6", {"[::1]:7000/tcp6"}},
            {"[::1]:7000", {"[::1]:7000/tcp6"}},
            {"127.0.0.1:7000/tcp4", {"127.0.0.1:7000/tcp4"}},
            {"/run/x", {"/run/x"}},
            {"tcpmux/go", {"tcpmux/go/tcp"}},
            {"tcpmux", {"tcpmux/tcp"}},
            {"tcpmux/tcp", {"tcpmux/tcp"}},
            {"defaults",
             {"echo/tcp", "echo/udp", "127.0.0.1:7000/tcp4", "[::1]:7000/tcp6", "/run/x",
              "tcpmux/go/tcp", "tcpmux/tcp"}},
            {"ehco", {}},
            {"7000/udp", {}},
        };
        for (const auto& [header, keys] : cases) {
            const auto& which = header;
            CAPTURE(which);
            const Reading reading = read(lines + "[" + header + "]\nnice = 5\n");
            CAPTURE(reading.said());
            CHECK((reading.diagnostics.errors() > 0) == keys.empty());
            CHECK(reading.configuration.fatal == keys.empty());
            std::vector<std::string> found;
            for (const auto& spec : reading.configuration.services)
                if (spec->nice == 5) found.push_back(spec->key());
            CHECK(found == keys);
        }
    }

    TEST_CASE("settings whose owner is not known leave no service open") {
        const std::string lines =
            "7000 stream tcp nowait nobody /bin/cat\n7001 stream tcp nowait nobody /bin/cat\n";
        const std::string other = "[7000]\nnice = 5\n", rest = "only_from = 127.0.0.1\n";
        const std::string served = "user = nobody\nserver = /bin/cat\n";
        struct {
            std::string header, more;
            bool fatal = true;
        } const rows[] = {
            {"[7001]", "", false},
            {"[7001", ""},
            {"[7001 # x", ""},
            {" [7001]", ""},
            {"[7001]]]]x", ""},
            {"[[::1]:7001/tcp", ""},
            {"[]", ""},
            {"[70\x01"
             "01]",
             ""},
            {"\x01[7001]", ""},
            {"[7001/tpc]", ""},
            {"[7002]", ""},
            {"[7002]", "user = nobody\n"},
            {"[7002]", "disable = yes\n"},
            {"[7002]", "garbage\n"},
            {"[defualts]", ""},
            {"[7001", served},
            {"[7002]", served, false},
            {"[7001", "service = 7002\n" + served, false},
            {".include *.none", ""},
        };
        for (const auto& row : rows) {
            const std::string section = row.header + "\n" + row.more + rest;
            CAPTURE(section);
            for (const std::string& text :
                 {lines + section, lines + "\n" + section + other, lines + other + section}) {
                // Between the lines of services it is read as one of theirs.
                if (row.header[0] == '.' && !text.ends_with(section)) continue;
                if (row.header[0] == '.' && text == lines + section) continue;
                if (row.header[0] == ' ' && !text.starts_with(lines + "\n")) continue;
                CAPTURE(text);
                const Reading reading = read(text);
                CAPTURE(reading.said());
                CHECK(reading.configuration.fatal == row.fatal);
                // Nor does the section above get them.
                const ServiceSpec* above = reading.find("7000/tcp");
                CHECK((above && !above->access.only_from));
            }
        }
    }

    TEST_CASE("a section whose line is a comment now is about nothing, and nothing suffers") {
        struct {
            std::string comment;
            bool is_line = true;
        } const rows[] = {
            {"#7001 stream tcp nowait nobody /bin/cat cat"},
            {"#<off># 7001\tstream\ttcp\tnowait\tnobody\t/bin/cat\tcat"},
            {"# 7001 stream,10 tcp nowait nobody internal"},
            {"## 7001 dgram udp wait root /usr/sbin/in.tftpd in.tftpd"},
            {"# 7001 is where the second one listens, for now", false},
            {"#7001 stream tcp", false},
            {"# we have 7001 stream tcp nowait nobody /bin/cat", false},
        };
        for (const auto& row : rows) {
            for (const std::string header : {"7001", "7001/tcp"}) {
                const Reading reading =
                    read("7000 stream tcp nowait nobody /bin/cat\n" + row.comment + "\n[" + header +
                         "]\nonly_from = 127.0.0.1\n[7000]\nnice = 5\n");
                CAPTURE(row.comment);
                CAPTURE(reading.said());
                CHECK(reading.configuration.fatal != row.is_line);
                CHECK((reading.said().find("is a comment") != std::string::npos) == row.is_line);
                CHECK(reading.find("7000/tcp") != nullptr);
            }
        }
    }

    TEST_CASE("defaults, then the line, then the section") {
        const Reading reading = read(
            "7000 stream tcp nowait/7 nobody /bin/cat\n7001 stream tcp nowait nobody /bin/cat\n"
            "[7000]\nenv += B=2\n[defaults]\ninstances = 5\nenv = A=1\nuser = "
            "root\n[7001]\ninstances = 6\nenv -= A\n");
        CAPTURE(reading.said());
        REQUIRE(reading.diagnostics.errors() == 0);
        CHECK(reading.find("7000/tcp")->limits.instances == 7U);
        CHECK(reading.find("7000/tcp")->env.size() == 2);
        CHECK(reading.find("7000/tcp")->user == "nobody");
        CHECK(reading.find("7001/tcp")->limits.instances == 6U);
        CHECK(reading.find("7001/tcp")->env.empty());
    }
}
