// SPDX-License-Identifier: ISC
// Files after the shapes of xinetd's real ones, with the mistakes that are really made. For each:
// how many services are served, how many errors and warnings there are, and what is said.
#include <dirent.h>
#include <doctest/doctest.h>

#include <fstream>
#include <memory>
#include <set>
#include <sstream>

#include "tests/config/reading.h"

using namespace minetd;
using namespace minetd::testing;

namespace {

struct Row {
    const char* file;
    unsigned services, errors, warnings;
    std::vector<const char*> says;
    bool fatal = false;
};

const Row rows[] = {
    {"01-stock-rhel", 1, 0, 0, {}},
    {"02-stock-rhel6", 1, 0, 0, {}},
    {"03-stock-debian", 1, 0, 0, {}},
    {"04-no-defaults", 2, 0, 0, {}},
    {"05-echo-distribution", 2, 0, 1, {"builtins on UDP do not answer clients of this host"}},
    {"06-time-unlisted-internal", 1, 0, 0, {}},
    {"07-services-listing", 0, 0, 0, {}},
    {"08-tftp", 1, 0, 0, {}},
    {"09-disabled", 0, 0, 0, {}},
    {"10-check-mk", 1, 0, 0, {}},
    {"11-mysqlchk",
     1,
     0,
     4,
     {"services(5) has no `mysqlchk`", "USERID asks", "every IPv4 client and no IPv6",
      "no log_type"}},
    {"12-cvspserver", 1, 0, 1, {"passes none"}},
    {"13-git", 1, 0, 1, {"USERID asks the client's ident daemon"}},
    {"14-redirect", 1, 0, 0, {}},
    {"15-tcpd", 1, 0, 0, {}},
    {"16-uwsgi-wait", 1, 0, 0, {}},
    {"17-ctf-template",
     1,
     0,
     2,
     {"no comment behind a value", "per_source is taken as it was meant",
      "rlimit_cpu is taken as it was meant"}},
    {"18-sensor", 1, 0, 1, {"SENSOR without a `server`: xinetd refuses"}},
    {"19-tcpmux", 2, 0, 0, {}},
    {"20-rpc", 1, 0, 0, {}},
    {"21-intercept", 1, 0, 0, {}},
    {"22-defaults-merge", 1, 0, 0, {}},
    {"23-two-of-a-name", 2, 0, 0, {}},
    {"24-enabled", 1, 0, 0, {}},
    {"25-disabled-list", 1, 0, 0, {}},
    {"26-enabled-nobody", 0, 0, 1, {"no service has the id `tow`"}},
    {"27-enabled-twice", 1, 0, 0, {}},
    {"28-letters", 1, 0, 0, {}},
    {"29-limits", 1, 0, 0, {}},
    {"30-environment", 1, 0, 0, {}},
    {"31-banners", 1, 0, 0, {}},
    {"32-families", 5, 0, 0, {}},
    {"33-groups", 1, 0, 0, {}},
    {"34-libwrap", 1, 0, 0, {}},
    {"35-log-file", 1, 0, 0, {}},
    {"36-inference", 2, 0, 0, {}},
    {"37-m01-soup", 1, 0, 1, {"no blank before the operator"}},
    {"38-m02-comments",
     1,
     0,
     4,
     {"takes these words as values", "ignores this line",
      "this is no comment: the server gets it"}},
    {"39-m02-comment-in-type",
     1,
     0,
     2,
     {"type is taken as it was meant", "disables the service for it",
      "port is taken as it was meant"}},
    {"40-m03-blank-after", 1, 0, 0, {}},
    {"41-m03-blank-before", 1, 0, 1, {"xinetd drops the whole entry", "write `bind =`"}},
    {"42-m04-blank-value", 1, 0, 0, {}},
    {"43-m05-userid", 3, 0, 1, {"hardly any host runs"}},
    {"44-m06-passenv-path", 1, 0, 1, {"passenv: `/home/cvsroot` is not the name of a variable"}},
    {"45-m07-times-manual", 1, 0, 1, {"24:00 is midnight", "xinetd disables the service"}},
    {"46-m07-times-night", 1, 0, 1, {"goes over midnight"}},
    {"47-m07-times-none", 0, 1, 0, {"no time at all"}},
    {"48-m07-times-wrong", 0, 1, 0, {"access_times:"}},
    {"49-m08-record", 0, 1, 0, {"RECORD is gone", "leave it out"}},
    {"50-m09-twice",
     1,
     0,
     2,
     {"protocol is said already", "server is said already", "the first one counts"}},
    {"51-m09-unknown",
     1,
     0,
     2,
     {"there is no attribute `accept_reject_mesg`", "did you mean `only_from`?"}},
    {"52-m10-half-address", 1, 0, 1, {"`127.0.0.` is no address", "it admits nobody"}},
    {"53-m10-half-ban", 0, 1, 0, {"no_access: `127.0.0.` is no address"}},
    {"54-m10-commas", 0, 1, 0, {"not with commas"}},
    {"55-m10-all", 1, 0, 1, {"add ::/0"}},
    {"56-m10-all-v4", 1, 0, 0, {}},
    {"57-m11-wrapped", 0, 1, 0, {"this is no setting", "A value cannot go on in another line"}},
    {"58-m12-letter-lost",
     1,
     1,
     0,
     {"`ervice` is not how an entry begins", "did you mean `service`?"}},
    {"59-m12-garbage", 1, 1, 0, {"this is no statement of xinetd", "minetd reads on"}},
    {"60-m13-v6only-no", 1, 0, 1, {"wherever a service mentions v6only"}},
    {"61-m13-v6only-defaults", 2, 0, 1, {"xinetd does not go by it in defaults"}},
    {"62-m14-not-listed",
     1,
     0,
     1,
     {"services(5) has no `pgsqlchk` for tcp: xinetd refuses", "write type = UNLISTED"}},
    {"63-m14-other-port", 1, 0, 1, {"services(5) has the port 21 for `ftp`"}},
    {"64-m14-neither",
     0,
     1,
     0,
     {"there is no service `pgsqlchk`", "write type = UNLISTED and port = N"}},
    {"65-m15-no-protocol", 1, 0, 0, {}},
    {"66-m16-two-in-a-line",
     1,
     0,
     1,
     {"instances takes one value and not 4", "write each setting in a line of its own"}},
    {"67-m16-template", 0, 1, 0, {"is not an absolute path"}},
    {"68-m16-variable", 0, 1, 0, {"disable: `$NODE_MANAGER_DISABLE` is neither yes nor no"}},
    {"69-m16-two-entries-in-a-line", 0, 2, 0, {"something follows the brace"}},
    {"70-m17-chkconfig", 0, 0, 0, {}},
    {"71-m18-wrappers", 2, 0, 0, {}},
    {"72-m19-encrypted", 0, 1, 0, {"this is no statement of xinetd"}},
    {"73-m20-script", 0, 1, 0, {"this is no statement of xinetd"}},
    {"74-crlf", 1, 0, 1, {"end in CR LF"}},
    {"75-no-last-newline", 1, 0, 1, {"no newline"}},
    {"76-brace-in-heading", 1, 0, 1, {"the brace stands in the line of its entry"}},
    {"77-brace-with-comment", 1, 0, 2, {"no comment behind a brace"}},
    {"78-brace-missing", 1, 1, 0, {"there is no { in the line below"}},
    {"79-end-missing", 1, 1, 0, {"this entry has no end"}},
    {"80-end-missing-at-the-end", 0, 1, 0, {"this entry has no end"}},
    {"81-brace-alone", 0, 1, 0, {"no `service` above this brace"}},
    {"82-end-alone", 2, 1, 0, {"no entry is open here"}},
    {"83-nameless", 0, 1, 0, {"this service has no name"}},
    {"84-include-in-entry", 0, 1, 0, {"this is no setting"}},
    {"85-include-missing", 1, 1, 0, {"/nonexistent/more cannot be read"}},
    {"86-includedir-missing", 1, 1, 0, {"/nonexistent cannot be read"}},
    {"87-defaults-twice", 1, 1, 0, {"there are defaults in this file already"}},
    {"88-defaults-late", 1, 0, 1, {"services above these defaults"}},
    {"89-defaults-late-harmless", 1, 0, 0, {}},
    {"90-defaults-broken", 1, 2, 0, {"xinetd's defaults are broken"}, true},
    {"91-defaults-unknown",
     1,
     0,
     2,
     {"server can be said in a service only", "no attribute `strange`"}},
    {"92-defaults-only", 1, 0, 1, {"enabled can be said in defaults only"}},
    {"93-disable-stops", 0, 0, 0, {}},
    {"94-disable-late-garbage", 0, 1, 0, {"instances: `many` is not a number"}},
    {"95-plus-on-plain", 1, 0, 2, {"nothing is added to or taken from"}},
    {"96-too-many-values", 1, 0, 1, {"id takes one value and not 2"}},
    {"97-no-value", 1, 0, 1, {"instances takes one value and not 0"}},
    {"98-env-minus", 0, 1, 0, {"cannot be taken away"}},
    {"99-env-wrong", 0, 1, 0, {"`AB` is not NAME=value"}},
    {"100-numbers",
     0,
     7,
     0,
     {"instances: `-1`", "cps: `6x`", "umask: `888`", "rlimit_as: `8g`", "rlimit_cpu: `1k`",
      "groups: `on`"}},
    {"101-nice-clamped", 1, 0, 1, {"nice: there is no more than 19"}},
    {"102-logs-wrong", 0, 3, 0, {"hard limit is below", "no kind of log"}},
    {"103-no-log-type", 2, 0, 1, {"nothing is recorded: no log_type"}},
    {"104-nameinargs-late", 1, 0, 0, {}},
    {"105-nameinargs-alone", 0, 1, 0, {"NAMEINARGS: there is no server_args"}},
    {"106-flags-wrong", 0, 2, 0, {"flags: `FOO` is not known", "sets no SELinux context"}},
    {"107-flags-in-vain", 1, 0, 2, {"NORETRY has no effect", "nothing to intercept"}},
    {"108-redirect-wrong",
     0,
     2,
     1,
     {"takes its connections itself", "redirect takes two values and not 1"}},
    {"109-redirect-and-server", 1, 0, 1, {"no server starts"}},
    {"110-traffic", 0, 1, 0, {"TRAFFIC is counted where connections are redirected only"}},
    {"111-missing", 0, 4, 0, {"no `wait`", "no `user`", "no `server`", "no `port`"}},
    {"112-netmask", 1, 0, 1, {"is the network 10.0.0.0/8 here"}},
    {"113-netmask-wrong",
     1,
     0,
     2,
     {"a netmask is ones and then zeros", "a prefix has 0 to 32 bits"}},
    {"114-addresses", 1, 0, 0, {}},
    {"115-nobody", 1, 0, 0, {}},
    {"116-user-number", 1, 0, 1, {"has the group of the same number, 1234"}},
    {"117-datagram-nowait", 1, 0, 1, {"loses datagrams"}},
    {"118-protocol-wrong", 0, 1, 0, {"there is no protocol `nosuch`"}},
    {"119-same-port", 1, 1, 0, {"has this address and port"}},
    {"120-mux-listed", 0, 1, 0, {"TCPMUX with UNLISTED only"}},
    {"121-rpc-incomplete", 0, 2, 0, {"no `rpc_version`", "no `rpc_number`"}},
    {"122-internal-unknown", 0, 1, 0, {"there is no builtin `xadmin`"}},
    {"123-control-byte", 1, 1, 0, {"a control byte"}},
    {"124-native", 1, 0, 1, {"source_prefix is an attribute of minetd's own"}},
    {"125-native-wrong", 0, 1, 0, {"which xinetd ignores"}},
    {"126-unknown-letters", 1, 0, 2, {"no attribute `max-load`", "did you mean `max_load`?"}},
    {"127-comments-that-disable",
     1,
     0,
     5,
     {"and ends because of it", "and disables the service for it"}},
    {"128-short-addresses",
     1,
     0,
     2,
     {"only_from: 192.168 is 192.0.0.168, as with xinetd", "write 192.168.0.0/16"}},
    {"129-beyond-a-million",
     1,
     0,
     3,
     {"instances: there is no more than 1000000", "cps: there is no more than 1000000"}},
    {"130-idonly",
     2,
     0,
     4,
     {"IDONLY has no effect, as with xinetd: USERID is not in log_on_success",
      "IDONLY has no effect, as with xinetd: its program accepts"}},
    {"131-number-for-a-name",
     2,
     0,
     2,
     {"services(5) has no `8081` for tcp: xinetd refuses the service", "port = 8081"}},
    {"132-one-name", 2, 0, 0, {}},
    {"133-sensor-without-a-user", 1, 0, 0, {}},
};

std::string path_of(const char* file) {
    return std::string(MINETD_TEST_SOURCES "/config/xinetd/") + file;
}

}  // namespace

TEST_SUITE("config") {
    TEST_CASE("xinetd's corpus has no file that nothing is expected of") {
        std::set<std::string> expected, there;
        for (const Row& row : rows) expected.insert(row.file);
        const std::unique_ptr<DIR, int (*)(DIR*)> dir(opendir(path_of("").c_str()), closedir);
        REQUIRE(dir);
        while (const dirent* entry = readdir(dir.get()))
            if (entry->d_name[0] != '.') there.insert(entry->d_name);
        CHECK(expected == there);
        CHECK(there.size() >= 80);
    }

    TEST_CASE("xinetd's corpus is read as it is expected to be") {
        for (const Row& row : rows) {
            CAPTURE(row.file);
            const Reading reading = load(path_of(row.file), options(Dialect::xinetd));
            const std::string said = reading.said(), dumped = dump(reading.configuration);
            CAPTURE(said);
            CAPTURE(dumped);
            CHECK(reading.configuration.services.size() == row.services);
            CHECK(reading.diagnostics.errors() == row.errors);
            CHECK(reading.warnings() == row.warnings);
            CHECK(reading.configuration.fatal == row.fatal);
            for (const char* text : row.says) {
                CAPTURE(text);
                CHECK(said.find(text) != std::string::npos);
            }
        }
    }

    TEST_CASE("xinetd's corpus: what is found has its line, and what to do about it") {
        for (const Row& row : rows) {
            CAPTURE(row.file);
            const Reading reading = load(path_of(row.file), options(Dialect::xinetd));
            for (const Diagnostic& one : reading.diagnostics.all()) {
                CAPTURE(one.message);
                CHECK((one.where.line > 0 || row.fatal));
                CHECK_FALSE(one.advice.empty());
            }
        }
    }

    TEST_CASE("xinetd's corpus is recognised by its content, where there is any entry") {
        for (const Row& row : rows) {
            if (row.services == 0) continue;
            CAPTURE(row.file);
            const Reading named = load(path_of(row.file), options(Dialect::xinetd)),
                          found = load(path_of(row.file));
            CHECK(found.configuration == named.configuration);
            CHECK(found.said() == named.said());
        }
    }

    TEST_CASE("xinetd's corpus: the dump of each file is read back as the same") {
        for (const Row& row : rows) {
            CAPTURE(row.file);
            Configuration once = load(path_of(row.file), options(Dialect::xinetd)).configuration;
            once.broken.clear();
            once.fatal = false;
            const std::string dumped = dump(once);
            const Reading again = read(dumped);
            const std::string said = again.said();
            CAPTURE(dumped);
            CAPTURE(said);
            CHECK(again.configuration == once);
            CHECK(again.diagnostics.errors() == 0);
            CHECK(dump(again.configuration) == dumped);
            // What it has of the defaults is no word on each service.
            CHECK(said.find("has no effect") == std::string::npos);
        }
    }

    TEST_CASE("xinetd's corpus: every beginning of a file is read, and its dump too") {
        for (const Row& row : rows) {
            std::ifstream in(path_of(row.file));
            std::stringstream text;
            text << in.rdbuf();
            const std::string whole = text.str();
            CAPTURE(row.file);
            for (std::size_t cut = 0; cut < whole.size(); cut += 37) {
                CAPTURE(cut);
                const Reading reading = read(whole.substr(0, cut), options(Dialect::xinetd));
                const Reading again = read(dump(reading.configuration));
                CHECK(again.configuration.services.size() == reading.configuration.services.size());
                CHECK(again.diagnostics.errors() == 0);
            }
        }
    }
}
