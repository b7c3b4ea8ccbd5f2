// SPDX-License-Identifier: ISC
// One xinetd.conf, Debian's xinetd and minetd, one client. The tables say what xinetd does, as it
// was seen, and where minetd does something else and why that is right: the numbers are sections of
// the notes on xinetd that the dialect was written after.
#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <set>
#include <sstream>
#include <string>

#include "tests/integration/daemon_under_test.h"
#include "tests/peers/seclusion.h"
#include "tests/peers/xinetd/ident_server.h"
#include "tests/peers/xinetd/suite.h"

using namespace minetd;

namespace {

/// What every process of the suite sees, and what xinetd hands on.
class World {
  public:
    World() {
        REQUIRE(std::getenv("MINETD_PEERS") != nullptr);
        REQUIRE_MESSAGE(geteuid() == 0, "xinetd needs root");
        REQUIRE(enter_own_network());
        add_addresses();
        REQUIRE(enter_own_etc(
            directory_.path() + "/etc",
            {{"nsswitch.conf",
              "passwd: files\ngroup: files\nhosts: files\nnetworks: files\n"
              "services: files\nprotocols: files\nrpc: files\n"},
             {"hosts",
              "127.0.0.1 localhost\n::1 localhost\n10.2.0.7 seven.example.org seven\n"
              "10.2.0.8 eight.sub.example.org\n10.2.0.9 nine.example.com\n"},
             {"networks", "tens 10.0.0.0\ndocumentation 192.0.2.0\n"},
             {"passwd", "grouped:x:4001:4001::/:/bin/false\n"},
             {"group", "grouped:x:4001:\nextra:x:4002:grouped\n"},
             {"services",
              "peered 4242/tcp\npeered-too 4243/tcp\npeered-compat 4300/tcp\n"
              "peered-groups 4301/tcp\npeered-hidden 4302/tcp\npeered-umask 4303/tcp\n"},
             {"hosts.allow", "choosy: 10.2.0.7 .example.com\n"},
             {"hosts.deny", "unwelcome: ALL\nchoosy: ALL\nprobe: 10.7.\n"},
             {"inetd.conf",
              "peered-compat stream tcp nowait nobody /bin/echo echo from inetd.conf\n"
              "peered-groups stream tcp nowait grouped /usr/bin/id id -G\n"
              "peered-umask stream tcp nowait nobody /bin/sh sh -c umask\n"
              "peered-hidden stream tcp nowait nobody /bin/echo echo hidden\n"}}));
        ident_.emplace("10.9.0.1");
    }

  private:
    TemporaryDirectory directory_;
    std::optional<IdentServer> ident_;
};

std::string one_line(std::string text) {
    for (const auto& [byte, escape] : {std::pair{"\n", "\\n"}, {"\r", "\\r"}, {"|", "/"}})
        for (std::size_t at; (at = text.find(byte)) != std::string::npos;)
            text.replace(at, 1, escape);
    for (std::size_t at; (at = text.find('\0')) != std::string::npos;) text.replace(at, 1, "\\0");
    return text;
}

/// Both daemons, the checks and the table.
void compare(std::span<const Case> cases) {
    static const World world;
    const std::vector<std::string> theirs = play_all(xinetd, cases);
    const std::vector<std::string> ours = play_all(minetd_itself, cases);
    for (std::size_t i = 0; i < cases.size(); ++i) {
        const Case& one = cases[i];
        CAPTURE(std::string(one.name));
        CHECK(one_line(theirs[i]) == one_line(one.seen));
        CHECK(one_line(ours[i]) == one_line(one.ours ? one.ours : one.seen));
        // Nothing differs without a reason, and no reason is left when nothing differs.
        CHECK((one.ours != nullptr) == (one.why != std::string("same")));
        if (one.ours) CHECK(one.ours != std::string(one.seen));
        std::printf("| %-44s | %s | %s | %s |\n", one.name, one_line(theirs[i]).c_str(),
                    one.ours ? one_line(ours[i]).c_str() : "the same", one.why);
    }
}

const auto all_tables = {grammar_cases, file_cases,  program_cases, socket_cases,
                         access_cases,  limit_cases, record_cases,  special_cases};

}  // namespace

TEST_SUITE_BEGIN("xinetd");

TEST_CASE("how a file is read, as xinetd") {
    compare(grammar_cases());
}
TEST_CASE("defaults, includes and reloads, as xinetd") {
    compare(file_cases());
}
TEST_CASE("what a program sees, as under xinetd") {
    compare(program_cases());
}
TEST_CASE("sockets, as xinetd") {
    compare(socket_cases());
}
TEST_CASE("who may come, as under xinetd") {
    compare(access_cases());
}
TEST_CASE("how many may come, as under xinetd") {
    compare(limit_cases());
}
TEST_CASE("records and banners, as xinetd's") {
    compare(record_cases());
}
TEST_CASE("builtins, redirection, tcpmux and sensors, as xinetd's") {
    compare(special_cases());
}

TEST_CASE("the tables hold every attribute and every flag, and are long enough") {
    std::set<std::string> words;
    std::size_t count = 0, different = 0;
    for (const auto table : all_tables)
        for (const Case& one : table()) {
            ++count;
            different += one.ours != nullptr;
            std::istringstream text(std::string(one.entry) + "\n" + one.defaults);
            for (std::string word; text >> word;) words.insert(word);
        }
    for (const char* word :
         {"id", "type", "flags", "disable", "socket_type", "protocol", "wait", "user", "group",
          "groups", "instances", "per_source", "cps", "max_load", "nice", "umask", "server",
          "server_args", "env", "passenv", "port", "bind", "interface", "v6only", "redirect",
          "only_from", "no_access", "access_times", "log_type", "log_on_success", "log_on_failure",
          "banner", "banner_success", "banner_fail", "rpc_version", "rpc_number", "rlimit_as",
          "rlimit_data", "rlimit_rss", "rlimit_stack", "rlimit_files", "rlimit_cpu", "deny_time",
          "libwrap", "mdns", "enabled", "disabled",
          // types and flags
          "RPC", "INTERNAL", "UNLISTED", "TCPMUX", "TCPMUXPLUS", "INTERCEPT", "NORETRY", "IDONLY",
          "NAMEINARGS", "NODELAY", "KEEPALIVE", "NOLIBWRAP", "SENSOR", "IPv4", "IPv6", "LABELED",
          "REUSE",
          // what is recorded
          "PID", "HOST", "USERID", "EXIT", "DURATION", "TRAFFIC", "ATTEMPT"})
        CHECK_MESSAGE(words.contains(word), "no case has ", word);
    CHECK(count >= 150);
    std::printf("| %zu configurations | %zu alike | %zu intended differences |\n", count,
                count - different, different);
}

TEST_SUITE_END();
