// SPDX-License-Identifier: ISC
#include "daemon/config/host_check.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "daemon/os/libwrap.h"
#include "tests/config/reading.h"

using namespace minetd;
using namespace minetd::testing;

TEST_SUITE("config") {
    TEST_CASE("what a service names and this host does not have") {
        struct {
            std::string line, settings, said;
            bool error;
        } const cases[] = {
            {"7000 stream tcp nowait root /bin/cat", "", "", false},
            {"7000 stream tcp nowait no-such-user /bin/cat", "", "there is no user `no-such-user`",
             true},
            {"7000 stream tcp nowait root:no-such-group /bin/cat", "",
             "there is no group `no-such-group`", true},
            {"7000 stream tcp nowait 4000000000:7 /bin/cat", "", "", false},
            {"7000 stream tcp nowait root /no/such/program", "",
             "/no/such/program: No such file or directory", true},
            {"7000 stream tcp nowait root /etc/passwd", "", "/etc/passwd is not an executable file",
             true},
            {"7000 stream tcp nowait root /", "", "/ is not an executable file", true},
            {"7000 stream tcp nowait root internal echo", "", "", false},
            {"7000 stream tcp nowait root /bin/cat", "chdir = /no/such/directory",
             "there is no directory /no/such/directory", false},
            {"7000 stream tcp nowait root /bin/cat", "interface = nosuch0",
             "there is no network interface nosuch0", false},
            {"7000 stream tcp nowait root /bin/cat", "banner = /no/such/banner",
             "/no/such/banner: No such file or directory", false},
            {"7000 stream tcp nowait root /bin/cat", "banner_success = /dev/zero",
             "/dev/zero has more than 16 KiB", true},
            {"7000 stream tcp nowait root /bin/cat", "banner_fail = /etc", "/etc: Is a directory",
             false},
            {"7000 stream tcp nowait root /bin/cat", "credentials = key:/no/such/key",
             "credential key: /no/such/key: No such file or directory", true},
            {"7000 stream tcp nowait root /bin/cat", "credentials = key:/dev/zero",
             "credential key: /dev/zero: not a regular file", true},
            {"7000 stream tcp nowait root /bin/cat", "credentials = key:/etc/passwd", "", false},
            {"7000 stream tcp nowait root /bin/cat", "libwrap = catd",
             libwrap::available() ? "" : "this minetd was built without libwrap",
             !libwrap::available()},
            {"7000 stream tcp nowait root /bin/cat", "log_type = file:/no/such/directory/log",
             "log_type: /no/such/directory/log: No such file or directory", true},
            {"7000 stream tcp nowait root /bin/cat", "log_type = file:/etc", "/etc: Is a directory",
             true},
            {"7000 stream tcp nowait root /bin/cat", "log_type = file:/tmp/minetd-no-such-log", "",
             false},
            {"7000 stream tcp nowait root /bin/cat", "rlimit_files = 99999999999",
             "rlimit_nofile: 99999999999 is more than the ", false},
            {"7000 stream tcp nowait root /bin/cat", "rlimit_files = 100", "", false},
            {"7000 stream tcp nowait root /bin/cat", "bind = lo",
             "bind: lo is a network interface and no address", false},
            {"/run/x stream unix nowait root /bin/cat", "socket_user = no-such-user",
             "there is no user", true},
        };
        for (const auto& [line, settings, said, error] : cases) {
            const auto& which = line;
            CAPTURE(which);
            LoadOptions how = options();
            how.check_host = true;
            const std::string name = line.substr(0, line.find(' '));
            const Reading reading = read(line + "\n[" + name + "]\n" + settings + "\n", how);
            CAPTURE(reading.said());
            CHECK(reading.said().find(said) != std::string::npos);
            CHECK((reading.diagnostics.errors() > 0) == error);
            CHECK(reading.configuration.services.size() == (error ? 0 : 1));
            CHECK(reading.configuration.broken.size() == (error ? 1 : 0));
            how.check_host = false;
            CHECK(read(line + "\n[" + name + "]\n" + settings + "\n", how)
                      .configuration.services.size() == 1);
        }
    }

    TEST_CASE(
        "without libwrap one warning tells of tables that are not asked, where they say any") {
        char rules[] = "/tmp/minetd-rules-XXXXXX", comments[] = "/tmp/minetd-comments-XXXXXX";
        for (char* file : {rules, comments}) ::close(::mkstemp(file));
        std::ofstream(rules) << "ALL: ALL\n";
        std::ofstream(comments) << "# ALL: ALL\n";
        const struct {
            std::vector<std::string> tables;
            const char* libwrap;
            unsigned warnings;
        } cases[] = {
            {{"/no/such/table", rules}, "catd", 1},
            {{rules, rules}, "catd", 1},
            {{comments, "/no/such/table"}, "catd", 0},
            {{rules, rules}, "", 0},
        };
        for (const auto& one : cases) {
            CAPTURE(one.warnings);
            Draft first{Place{}}, second{Place{}};
            first.spec.libwrap = second.spec.libwrap = one.libwrap;
            Diagnostics diagnostics;
            forgo_libwrap({&first, &second}, one.tables, diagnostics);
            CHECK(diagnostics.all().size() == one.warnings);
            CHECK(diagnostics.errors() == 0);
            CHECK(first.spec.libwrap.empty());
            CHECK(second.spec.libwrap.empty());
        }
        for (const char* file : {rules, comments}) ::unlink(file);
    }

    TEST_CASE("a log that can be opened is not made by looking") {
        LoadOptions how = options();
        how.check_host = true;
        const Reading reading = read(
            "7000 stream tcp nowait root /bin/cat\n[7000]\n"
            "log_type = file:/tmp/minetd-no-such-log\n",
            how);
        CHECK(reading.configuration.services.size() == 1);
        CHECK(::access("/tmp/minetd-no-such-log", F_OK) != 0);
    }

    TEST_CASE("names of hosts that nobody knows") {
        struct {
            std::string settings, said;
        } const cases[] = {
            {"no_access = rogue.invalid", "no_access: `rogue.invalid` has no address ("},
            {"only_from = rogue.invalid", "as long as that is so, it admits nobody"},
            {"bind = rogue.invalid", "nothing listens there"},
            {"only_from = localhost", ""},
            {"only_from = 10.0.0.0/8 .example.org", ""},
            {"bind = localhost", ""},
            {"only_from = ALL", "`all` is the name of a host here, and not everybody"},
        };
        LoadOptions how = options();
        how.look_up = true;
        for (const auto& [settings, said] : cases) {
            const auto& which = settings;
            CAPTURE(which);
            const std::string text = "7000 stream tcp nowait root /bin/cat\n[7000]\n" + settings;
            const Reading reading = read(text + "\n", how);
            CAPTURE(reading.said());
            CHECK(reading.said().find(said) != std::string::npos);
            CHECK(reading.warnings() == (said.empty() ? 0 : 1));
            CHECK(reading.configuration.services.size() == 1);
        }
        how.look_up = false;
        CHECK(read("7000 stream tcp nowait root /bin/cat\n[7000]\nonly_from = rogue.invalid\n", how)
                  .warnings() == 0);
    }

    TEST_CASE("without root one warning tells of the users that cannot be") {
        LoadOptions how = options();
        how.check_host = true;
        const std::string others = geteuid() == 0 ? "nobody" : "root";
        const Reading reading =
            read("7000 stream tcp nowait " + others + " /bin/cat\n7001 stream tcp nowait " +
                     others + " /bin/cat\n",
                 how);
        CHECK(reading.warnings() == (geteuid() == 0 ? 0 : 1));
    }
}
