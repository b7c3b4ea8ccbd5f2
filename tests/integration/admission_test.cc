// SPDX-License-Identifier: ISC
// The same rules in every way of serving: so many of 200 clients that come at once from 20
// addresses are served as the rule says, not one more or less.
#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/integration/admission_ways.h"
#include "tests/integration/client.h"
#include "tests/integration/crowd.h"
#include "tests/integration/daemon_under_test.h"
#include "tests/integration/gauge.h"
#include "tests/integration/house.h"

using namespace minetd;

namespace {

struct Rule {
    const char* id;
    std::string settings;
    unsigned served;               ///< of all the clients
    unsigned each;                 ///< of them from one address, at most
    const char* reason;            ///< of the others
    bool counts_sessions = false;  ///< whoever goes makes room for another
    unsigned again = served;       ///< of as many, when the first have gone; if that makes no room
};

std::vector<Rule> rules() {
    return {
        {"listed", "only_from = 127.0.0.0/29\nno_access = 127.0.0.3 127.0.0.6 127.0.0.7\n", 40, 10,
         "address"},
        {"closed", "access_times = " + closed_now() + "\n", 0, 0, "time"},
        {"open",
         "access_times = " + closed_now() + " 0:00-24:00\nmax_load = 1000000\ninstances = 13\n", 13,
         10, "service_limit", true},
        {"rated", "rate = 3/d\n", 60, 3, "rate", false, 0},
        {"counted", "instances = 37\n", 37, 10, "service_limit", true},
        {"shared", "per_source = 3\n", 60, 3, "per_source_limit", true},
    };
}

/// The first record of a refusal of the service for another reason.
std::string other_refusals(const std::string& output, const std::string& id,
                           const std::string& reason) {
    const std::string record = "FAIL: " + id + " ";
    for (std::size_t at = output.find(record); at != output.npos; at = output.find(record, at + 1))
        if (output.compare(at + record.size(), reason.size() + 1, reason + " ") != 0)
            return output.substr(at, output.find('\n', at) - at);
    return {};
}

void hold_rules(const Way& way) {
    CAPTURE(std::string(way.serve));
    CAPTURE(std::string(way.server));
    std::string lines, sections = way_defaults;
    for (const Rule& rule : rules()) {
        lines += service(way, rule.id);
        sections += section(way, rule.id, rule.settings);
    }
    DaemonUnderTest daemon(lines + sections);
    Gauge::create(daemon.file("gauge"));
    for (const Rule& rule : rules()) {
        CAPTURE(std::string(rule.id));
        const std::string id = rule.id;
        Crowd first(daemon.port(id), clients, addresses);
        CHECK(first.served() == rule.served);
        CHECK(first.most_of_an_address() <= rule.each);
        if (rule.served > 0 && rule.each * addresses == rule.served)
            CHECK(first.by_address().size() == addresses);
        daemon.await_output("FAIL: " + id + " " + rule.reason + " from=127.0.0.");
        CHECK(other_refusals(daemon.output(), id, rule.reason).empty());
        first.leave(first.served());
        House house(daemon.port(id));
        if (rule.counts_sessions)
            house.fill(rule.served, rule.each);
        else
            CHECK(Crowd(daemon.port(id), clients, addresses).served() == rule.again);
    }
}

/// After the first five of any second nobody is served for an hour, not by those who come instead
/// of killed servers either, nor after a reload.
void hold_cps(const Way& way) {
    CAPTURE(std::string(way.serve));
    CAPTURE(std::string(way.server));
    const std::string text =
        service(way, "burst") + way_defaults + section(way, "burst", "cps = 5 3600\n");
    DaemonUnderTest daemon(text);
    Gauge::create(daemon.file("gauge"));
    const auto began = std::chrono::steady_clock::now();
    const Crowd first(daemon.port("burst"), clients, addresses);
    const bool at_once = std::chrono::steady_clock::now() - began < std::chrono::seconds(1);
    CHECK(first.served() >= 5);
    CHECK(first.served() < clients);
    if (at_once) CHECK(first.served() == 5);
    daemon.await_output("FAIL: burst connections per second from=127.0.0.");
    CHECK(Crowd(daemon.port("burst"), clients, addresses).served() == 0);
    kill_servers(daemon);
    CHECK(Crowd(daemon.port("burst"), clients, addresses).served() == 0);
    daemon.reload(text + "keepalive = yes\n");
    CHECK(Crowd(daemon.port("burst"), clients, addresses).served() == 0);
}

}  // namespace

TEST_SUITE_BEGIN("admission");

TEST_CASE("each rule lets exactly so many in") {
    for (const Way& way : ways_of_processes) hold_rules(way);
}

TEST_CASE("cps: whoever comes too fast closes the door for all, and it stays closed") {
    for (const Way& way : ways_of_processes) hold_cps(way);
}

TEST_CASE("datagrams: only those who may are answered, one by one, whoever serves") {
    DaemonUnderTest daemon(R"(
{builtin} dgram udp4 nowait {user} internal echo
{program} dgram udp4 wait {user} {probe} probe receive 1
[defaults]
log_on_failure = HOST
only_from = 127.0.0.1
udp_guard = local
[{builtin}]
id = builtin
[{program}]
id = program
log_on_success = EXIT
)");
    for (const std::string id : {"builtin", "program"}) {
        CAPTURE(id);
        const SocketAddress server = address_of("127.0.0.1", daemon.port(id));
        Client stranger(server, SOCK_DGRAM, local(2)), known(server, SOCK_DGRAM, local(1));
        for (int round = 1; round <= 3; ++round) {
            stranger.send("a stranger's");
            daemon.await_lines("FAIL: " + id + " address from=127.0.0.2", round);
            known.send("known");
            const std::string reply = known.receive();
            CHECK(reply.substr(reply.size() - 5) == "known");
            if (id == "program") daemon.await_lines("EXIT: program", round);
        }
    }
}

TEST_CASE("programs that accept are under no list, and that is said") {
    DaemonUnderTest daemon(
        "{one} stream tcp4 wait {user} {probe} probe accept 1\n[{one}]\nonly_from = 127.0.0.9\n",
        {});
    daemon.await_output("only_from has no effect on");
    CHECK(!Client(daemon.port("one")).rest().empty());
}

TEST_SUITE_END();

// With the pools, as no program takes part: these are run with the sanitizer of threads too.
TEST_SUITE_BEGIN("pools");

TEST_CASE("admission by threads: each rule lets exactly so many in") {
    for (const Way& way : ways_of_threads) hold_rules(way);
}

TEST_CASE("admission by threads: cps") {
    for (const Way& way : ways_of_threads) hold_cps(way);
}

TEST_SUITE_END();
