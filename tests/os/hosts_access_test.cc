// SPDX-License-Identifier: ISC
#include "daemon/os/hosts_access.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

using namespace minetd;

namespace {

/// A table, and another file, that go with the test.
struct Files {
    Files() {
        REQUIRE(::mkdtemp(directory) != nullptr);
        table = std::string(directory) + "/table";
        other = std::string(directory) + "/other";
    }
    ~Files() {
        for (const std::string& file : {table, other}) ::unlink(file.c_str());
        ::rmdir(directory);
    }
    static void write(const std::string& file, const std::string& text) {
        std::ofstream(file) << text;
    }
    char directory[32] = "/tmp/minetd-hosts-XXXXXX";
    std::string table, other;
};

}  // namespace

TEST_SUITE("os") {
    // Nobody can read what would be below a file, root neither.
    TEST_CASE("files of patterns that cannot be read, in the rules that may be about a daemon") {
        const std::string none = "/etc/passwd/list";
        const struct {
            std::string table;
            bool found;
        } rows[] = {
            {"", false},
            {"ALL: " + none, true},
            {"catd: 192.0.2.1, " + none, true},
            {"catd: 192.0.2.1 EXCEPT " + none, true},
            {"CATD:" + none + "\n", true},
            {"echod catd@[2001:db8::1]: [2001:db8::2] " + none, true},
            {"catd@" + none + ": ALL", true},
            {"catd: root@" + none, true},
            {"catd: \\\n  " + none, true},
            {"# none\n\ncatd: 192.0.2.1\ncatd: " + none, true},
            {"*d: " + none, true},
            {".td: " + none, true},
            {"cat.: " + none, true},
            {"KNOWN: " + none, true},
            {"ALL EXCEPT catd: " + none, true},
            // Others', and what is no file of patterns.
            {"echod: " + none, false},
            {"in.catd, catd2: " + none, false},
            {"catd: 192.0.2.1/255.255.255.0 # " + none, false},
            {"# catd: " + none, false},
            {"catd: ALL: spawn (" + none + ")", false},
            {"catd: [2001:db8::1]: banners " + none, false},
            {"catd: /no/such/file", false},
            {"catd: /etc/passwd", false},
        };
        for (const auto& row : rows) {
            CAPTURE(row.table);
            const Files files;
            Files::write(files.table, row.table);
            CHECK(hosts_access::unreadable_file(files.table, "catd") == (row.found ? none : ""));
        }
    }

    TEST_CASE("files of patterns that others name, and tables themselves") {
        const Files files;
        Files::write(files.table, "catd: " + files.other);
        CHECK(hosts_access::unreadable_file(files.table, "catd").empty());
        Files::write(files.other, "192.0.2.1 " + files.other + " " + files.table + "/list");
        CHECK(hosts_access::unreadable_file(files.table, "catd") == files.table + "/list");
        CHECK(hosts_access::unreadable_file(files.table, "echod").empty());
        CHECK(hosts_access::unreadable_file(files.table + "/list", "catd") ==
              files.table + "/list");
        CHECK(hosts_access::unreadable_file("/no/such/table", "catd").empty());
    }

    TEST_CASE("a table says something when it has more than comments") {
        const struct {
            const char* table;
            bool rules;
        } rows[] = {
            {"", false},
            {"\n \t\n", false},
            {"# ALL: ALL\n\n#\n", false},
            {"# none \\\nof these: ALL\n", false},
            {"ALL: ALL", true},
            {"#\ncatd: ALL # all\n", true},
        };
        for (const auto& row : rows) {
            CAPTURE(row.table);
            const Files files;
            Files::write(files.table, row.table);
            CHECK(hosts_access::has_rules(files.table) == row.rules);
        }
        CHECK_FALSE(hosts_access::has_rules("/no/such/table"));
        CHECK(hosts_access::has_rules("/etc/passwd/table"));
    }
}
