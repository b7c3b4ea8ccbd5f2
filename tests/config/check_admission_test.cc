// SPDX-License-Identifier: ISC
// Access rules where nobody could go by them.
#include <doctest/doctest.h>

#include "tests/config/reading.h"

using namespace minetd;
using namespace minetd::testing;

TEST_SUITE("config") {
    TEST_CASE("access lists on services whose way of serving cannot go by them") {
        struct {
            std::string line, settings;
            unsigned errors, warnings;
            std::string complaint;
        } const cases[] = {
            {"7000 stream tcp nowait nobody /bin/cat", "only_from = ::1", 0, 0, ""},
            {"7000 stream tcp prefork nobody /bin/cat", "only_from = ::1", 0, 0, ""},
            {"7000 stream tcp event nobody internal echo", "no_access = ::1", 0, 0, ""},
            {"7000 dgram udp wait nobody /bin/cat", "only_from = ::1", 0, 0, ""},
            {"7000 stream tcp wait nobody internal echo", "no_access = ::1", 0, 1, "nowait"},
            // A program that accepts by itself.
            {"7000 stream tcp wait nobody /bin/cat", "only_from = ::1", 0, 1,
             "only_from has no effect on 7000: its program accepts"},
            {"7000 stream tcp wait nobody /bin/cat", "no_access = ::1", 0, 1,
             "no_access has no effect on 7000: its program accepts"},
            {"7000 stream tcp wait nobody /bin/cat", "only_from = ::1\nintercept = yes", 0, 0, ""},
            {"7000 dgram udp wait nobody /bin/cat", "only_from = ::1\nintercept = yes", 0, 0, ""},
            {"7000 stream tcp wait nobody /bin/cat", "only_from = *", 0, 0, ""},
            {"7000 stream tcp prefork nobody /bin/cat", "accept = yes\nonly_from = ::1", 1, 0,
             "only_from is not asked about what a resident program accepts"},
            {"7000 stream tcp prefork nobody /bin/cat", "accept = yes\nno_access = ::1", 1, 0,
             "no_access is not asked about what a resident program accepts"},
            {"7000 stream tcp prefork nobody /bin/cat", "accept = yes\naccess_times = 8:00-9:00", 0,
             1, "access_times does not apply to what a resident program accepts"},
            {"7000 stream tcp prefork nobody /bin/cat", "accept = yes\nrate = 1/s", 0, 1,
             "rate does not apply to what a resident program accepts"},
            {"/run/x stream unix nowait nobody /bin/cat", "only_from = ::1", 0, 1,
             "only_from is about addresses, and here nobody has one"},
            // What has to be asked, and what is told.
            {"7000 stream tcp wait nobody /bin/cat", "libwrap = catd", 0, 1,
             "libwrap has no effect on 7000: its program accepts"},
            {"7000 stream tcp prefork nobody /bin/cat", "accept = yes\nlibwrap = catd", 1, 0,
             "libwrap is not asked about what a resident program accepts"},
            {"7000 stream tcp nowait nobody /bin/cat", "libwrap = catd", 0, 0, ""},
            {"7000 stream tcp nowait nobody /bin/cat", "ident_only = yes", 0, 0, ""},
            {"7000 dgram udp wait nobody /bin/cat", "ident_only = yes", 1, 0,
             "nobody can be identified to 7000: datagrams have no owner"},
            {"7000 stream tcp wait nobody /bin/cat", "ident_only = yes", 1, 0,
             "nobody can be identified to 7000: its program accepts"},
            {"/run/x stream unix nowait nobody /bin/cat", "ident_only = yes", 1, 0,
             "nobody can be identified to /run/x: its peers are local"},
            {"113 stream tcp nowait nobody /bin/cat", "ident_only = yes", 1, 0,
             "nobody can be identified to 113: it is the ident service"},
            {"7000 stream tcp nowait nobody /bin/cat", "banner = /etc/issue", 0, 0, ""},
            {"7000 dgram udp wait nobody /bin/cat", "banner_fail = /etc/issue", 0, 1,
             "banner_fail has no effect on 7000: there is no connection of ours to send it on"},
            {"7000 stream tcp prefork nobody /bin/cat", "accept = yes\nbanner = /etc/issue", 0, 1,
             "banner has no effect on 7000"},
            // Sensors.
            {"7000 stream tcp nowait nobody internal sensor", "deny_time = 5", 0, 0, ""},
            {"7000 stream tcp nowait nobody internal echo", "deny_time = 5", 0, 1,
             "deny_time has no effect on 7000: it is no sensor"},
        };
        for (const auto& one : cases) {
            CAPTURE(one.line);
            CAPTURE(one.settings);
            const std::string name = one.line.substr(0, one.line.find(' '));
            const Reading reading = read(one.line + "\n[" + name + "]\n" + one.settings + "\n");
            CAPTURE(reading.said());
            CHECK(reading.diagnostics.errors() == one.errors);
            CHECK(reading.warnings() == one.warnings);
            CHECK(reading.said().find(one.complaint) != std::string::npos);
        }
    }

    TEST_CASE("banners of the defaults are not those of services that send none") {
        const Reading reading = read(
            "7000 dgram udp wait nobody /bin/cat\n7001 stream tcp nowait nobody /bin/cat\n"
            "[defaults]\nbanner_fail = /etc/motd\n");
        CHECK(reading.diagnostics.all().empty());
        const Reading again = read(dump(reading.configuration));
        CAPTURE(again.said());
        CHECK(again.diagnostics.all().empty());
        CHECK(again.configuration == reading.configuration);
    }

    TEST_CASE("lists of the defaults: told where they were said, and of no unix socket") {
        const std::string defaults = "[defaults]\nonly_from = 10.0.0.0/8\n";
        const Reading wait = read("7000 stream tcp wait nobody /bin/cat\n" + defaults);
        REQUIRE(wait.diagnostics.all().size() == 1);
        CHECK(wait.diagnostics.all()[0].where.line == 3);
        const Reading resident =
            read("7000 stream tcp prefork nobody /bin/cat\n" + defaults + "[7000]\naccept = yes\n");
        CHECK(resident.diagnostics.errors() == 1);
        CHECK(read("/run/x stream unix nowait nobody /bin/cat\n" + defaults).said().empty());
    }
}
