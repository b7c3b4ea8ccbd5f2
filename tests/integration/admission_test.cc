// SPDX-License-Identifier: ISC
// The same rules in every way of serving: so many of 200 clients that come at once from 20
// addresses are served as the rule says, not one more or less, also after servers were killed and
// the configuration was loaded anew.
#include <doctest/doctest.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/client.h"
#include "tests/integration/crowd.h"
#include "tests/integration/daemon_under_test.h"
#include "tests/integration/gauge.h"
#include "tests/integration/process_tree.h"

using namespace minetd;

namespace {

constexpr unsigned clients = 200, addresses = 20;

/// One way of serving; all of them answer a line and stay as long as their client does.
struct Way {
    const char *serve, *server;
};
constexpr const char *program = "{probe} probe hold {dir}/gauge", *builtin = "internal echo";
constexpr Way ways_of_processes[] = {
    {"nowait", program}, {"nowait", builtin}, {"prefork", program}, {"prefork", builtin}};
constexpr Way ways_of_threads[] = {{"worker", builtin}, {"event", builtin}};

constexpr const char* defaults =
    "[defaults]\nlog_on_failure = HOST\nserver_limit = 72\n"
    "max_request_workers = 72\n";

std::string pool(const Way& way) {
    const std::string serve = way.serve;
    if (serve == "prefork") return "min_spare_servers = 4\nmax_spare_servers = 72\n";
    if (serve == "nowait") return "";
    return "threads_per_child = 8\nmin_spare_threads = 8\nmax_spare_threads = 72\n";
}

std::string service(const Way& way, const std::string& name) {
    return "{" + name + "} stream tcp4 " + way.serve + " {user} " + way.server + "\n";
}

std::string section(const Way& way, const std::string& name, const std::string& settings) {
    return "[{" + name + "}]\nid = " + name + "\n" + pool(way) + settings;
}

/// A range of local time that is hours away on both sides.
std::string closed_now() {
    const std::time_t now = std::time(nullptr);
    std::tm local{};
    ::localtime_r(&now, &local);
    char text[16];
    std::snprintf(text, sizeof text, "%02d:00-%02d:00", (local.tm_hour + 8) % 24,
                  (local.tm_hour + 16) % 24);
    return text;
}

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

/// Crowds that stay.
class House {
  public:
    explicit House(std::uint16_t port) : port_(port) {}

    /// Crowd after crowd comes, until so many were served in all, of which at most `each` from one
    /// address: somebody's end may not be known yet, and while servers of an older configuration
    /// still accept, they refuse by the older rules. And then one more crowd.
    void fill(unsigned wanted, unsigned each) {
        for (int i = 0; i < 500 && served() < wanted; ++i)
            crowds_.emplace_back(port_, clients, addresses);
        CHECK(served() == wanted);
        CHECK(Crowd(port_, clients, addresses).served() == 0);
        std::map<unsigned, unsigned> all;
        for (const Crowd& crowd : crowds_)
            for (const auto& [address, count] : crowd.by_address()) all[address] += count;
        for (const auto& counted : all) {
            CAPTURE(counted.first);
            CHECK(counted.second <= each);
        }
    }
    unsigned served() const {
        unsigned count = 0;
        for (const Crowd& crowd : crowds_) count += crowd.served();
        return count;
    }
    /// So many hang up.
    void leave(unsigned count) {
        for (Crowd& crowd : crowds_) {
            const unsigned some = std::min(count, crowd.served());
            crowd.leave(some);
            count -= some;
        }
    }
    void clear() { crowds_.clear(); }

  private:
    std::uint16_t port_;
    std::vector<Crowd> crowds_;
};

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
    std::string lines, sections = defaults;
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

/// Kills all that serve, and waits until their ends have been heard.
void kill_servers(const DaemonUnderTest& daemon) {
    std::vector<pid_t> killed;
    for (const ProcessView& process : descendants(daemon.pid()))
        if (process.state != 'Z' && descendants(process.pid).empty() &&
            ::kill(process.pid, SIGKILL) == 0)
            killed.push_back(process.pid);
    REQUIRE(!killed.empty());
    for (const pid_t pid : killed) {
        bool gone = false;
        for (int i = 0; i < 3000 && !gone; ++i) {
            gone = ::kill(pid, 0) < 0 && errno == ESRCH;
            if (!gone) std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        REQUIRE(gone);
    }
}

/// After the first five of any second nobody is served for an hour, not by those who come instead
/// of killed servers either, nor after a reload.
void hold_cps(const Way& way) {
    CAPTURE(std::string(way.serve));
    CAPTURE(std::string(way.server));
    const std::string text =
        service(way, "burst") + defaults + section(way, "burst", "cps = 5 3600\n");
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

/// Lists and times: the same numbers of the same addresses by those who come instead of killed
/// servers, and others after a reload.
void hold_lists(const Way& way) {
    CAPTURE(std::string(way.serve));
    CAPTURE(std::string(way.server));
    const auto configuration = [&](const std::string& settings) {
        return service(way, "listed") + defaults + section(way, "listed", settings);
    };
    const struct {
        std::string settings;
        unsigned first, last;  ///< of those who are served; 0: nobody is
    } table[] = {
        {"only_from = 127.0.0.0/30\n", 1, 3},
        {"only_from = 127.0.0.16/30\n", 16, 19},
        {"only_from = 127.0.0.16/30\naccess_times = " + closed_now() + "\n", 0, 0},
        {"only_from = 127.0.0.4/31\naccess_times = " + closed_now() + " 0:00-24:00\n", 4, 5},
    };
    DaemonUnderTest daemon(configuration(table[0].settings));
    Gauge::create(daemon.file("gauge"));
    for (const auto& row : table) {
        CAPTURE(row.settings);
        if (&row != table) daemon.reload(configuration(row.settings));
        std::map<unsigned, unsigned> wanted;
        for (unsigned i = row.first; i != 0 && i <= row.last; ++i) wanted[i] = clients / addresses;
        const auto crowd = [&] {
            return Crowd(daemon.port("listed"), clients, addresses).by_address();
        };
        // Servers of the configuration before may still accept, by its rules.
        for (int i = 0; i < 500 && crowd() != wanted; ++i) {
        }
        CHECK((crowd() == wanted));
        if (wanted.empty()) continue;  // there may be nobody to be killed
        const Crowd inside(daemon.port("listed"), clients, addresses);
        kill_servers(daemon);
        CHECK((crowd() == wanted));
    }
}

void stay_exact(const Way& way) {
    CAPTURE(std::string(way.serve));
    CAPTURE(std::string(way.server));
    const auto configuration = [&](const char* settings) {
        return service(way, "exact") + defaults + section(way, "exact", settings);
    };
    DaemonUnderTest daemon(configuration("instances = 30\nper_source = 2\n"));
    Gauge::create(daemon.file("gauge"));
    House house(daemon.port("exact"));
    house.fill(30, 2);
    // Another limit, and new servers beside those who hold the thirty.
    daemon.reload(configuration("instances = 34\nper_source = 2\nkeepalive = yes\n"));
    house.fill(34, 2);
    house.leave(7);
    house.fill(34, 2);
    kill_servers(daemon);
    house.clear();
    house.fill(34, 2);
    // Fewer than there are: nobody is sent away, and in a moment nobody comes any more.
    daemon.reload(configuration("instances = 5\nper_source = 2\nkeepalive = yes\n"));
    house.leave(1);
    bool closed = false;
    for (int i = 0; i < 500 && !closed; ++i)
        closed = Crowd(daemon.port("exact"), clients, addresses).served() == 0;
    CHECK(closed);
}

SocketAddress local(unsigned number) {
    return address_of("127.0.0." + std::to_string(number), 0);
}

bool is_served(std::uint16_t port, unsigned from) {
    Client client(address_of("127.0.0.1", port), SOCK_STREAM, local(from));
    client.send("x\n");
    return !client.line().empty();
}

}  // namespace

TEST_SUITE_BEGIN("admission");

TEST_CASE("each rule lets exactly so many in") {
    for (const Way& way : ways_of_processes) hold_rules(way);
}

TEST_CASE("cps: whoever comes too fast closes the door for all, and it stays closed") {
    for (const Way& way : ways_of_processes) hold_cps(way);
}

TEST_CASE("the counts are true over reloads and after kills") {
    for (const Way& way : ways_of_processes) stay_exact(way);
}

TEST_CASE("lists and times are the same after kills, and the new ones after reloads") {
    for (const Way& way : ways_of_processes) hold_lists(way);
}

TEST_CASE("whoever touches a sensor is served nowhere, in any way of serving, until it is over") {
    struct Service {
        std::string name, line;
    };
    std::vector<Service> services;
    std::string lines, sections = defaults;
    for (const Way& way : {ways_of_processes[0], ways_of_processes[1], ways_of_processes[2],
                           ways_of_processes[3], ways_of_threads[0], ways_of_threads[1]}) {
        const std::string name = "way" + std::to_string(services.size());
        services.push_back({name, service(way, name)});
        lines += services.back().line;
        sections += section(way, name, "start_servers = 1\n");
    }
    const std::string sensors =
        "{trap} stream tcp4 nowait {user} internal sensor\n"
        "{pooled} stream tcp4 event {user} internal sensor\n"
        "{datagram} dgram udp4 nowait {user} internal sensor\n"
        "{harmless} stream tcp4 nowait {user} internal sensor\n";
    const std::string of_sensors =
        "[{trap}]\nid = trap\ndeny_time = FOREVER\n[{pooled}]\nid = pooled\ndeny_time = 60\n"
        "start_servers = 1\n[{datagram}]\nid = datagram\ndeny_time = 60\n"
        "[{harmless}]\nid = harmless\n";
    // The pools began before there was any sensor.
    DaemonUnderTest daemon(lines + sections);
    Gauge::create(daemon.file("gauge"));
    daemon.reload(lines + sensors + sections + of_sensors);
    const auto all_serve = [&](unsigned from) {
        unsigned count = 0;
        for (const Service& one : services) count += is_served(daemon.port(one.name), from);
        return count;
    };
    CHECK(all_serve(9) == services.size());

    CHECK_FALSE(is_served(daemon.port("harmless"), 9));
    daemon.await_output("FAIL: harmless sensor from=127.0.0.9");
    CHECK(all_serve(9) == services.size());

    CHECK_FALSE(is_served(daemon.port("trap"), 9));
    daemon.await_output("FAIL: trap sensor from=127.0.0.9");
    CHECK(all_serve(9) == 0);
    for (const Service& one : services)
        daemon.await_output("FAIL: " + one.name + " sensor from=127.0.0.9");
    CHECK(all_serve(10) == services.size());

    CHECK_FALSE(is_served(daemon.port("pooled"), 11));
    daemon.await_output("FAIL: pooled sensor from=127.0.0.11");
    CHECK(all_serve(11) == 0);

    Client packet(address_of("127.0.0.1", daemon.port("datagram")), SOCK_DGRAM, local(12));
    packet.send("is anybody there?");
    daemon.await_output("FAIL: datagram sensor from=127.0.0.12");
    CHECK(all_serve(12) == 0);

    // Not forgotten with the next configuration, not even with one that has no sensor.
    daemon.reload(lines + sensors + sections + of_sensors + "rate = 1000/s\n");
    CHECK(all_serve(9) == 0);
    CHECK(all_serve(10) == services.size());
    daemon.reload(lines + sections + "keepalive = yes\n");
    CHECK(all_serve(11) == 0);
    CHECK(all_serve(12) == 0);
    CHECK(all_serve(10) == services.size());
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

TEST_CASE("admission by threads: the counts are true over reloads and after kills") {
    for (const Way& way : ways_of_threads) stay_exact(way);
}

TEST_CASE("admission by threads: lists and times after kills and reloads") {
    for (const Way& way : ways_of_threads) hold_lists(way);
}

TEST_CASE("admission by threads: whoever touches a sensor is served no more") {
    std::string lines = "{trap} stream tcp4 event {user} internal sensor\n", sections = defaults;
    for (const Way& way : ways_of_threads) {
        lines += service(way, way.serve);
        sections += section(way, way.serve, "");
    }
    DaemonUnderTest daemon(lines + sections + "[{trap}]\nid = trap\ndeny_time = FOREVER\n");
    for (const Way& way : ways_of_threads) CHECK(is_served(daemon.port(way.serve), 9));
    CHECK(Crowd(daemon.port("trap"), clients, addresses).served() == 0);
    daemon.await_output("FAIL: trap sensor from=127.0.0.");
    // The last of them to be heard of may be any.
    bool closed = false;
    for (int i = 0; i < 500 && !closed; ++i)
        closed = Crowd(daemon.port("trap"), clients, addresses).served() == 0 &&
                 Crowd(daemon.port("worker"), clients, addresses).served() == 0;
    CHECK(closed);
    CHECK(Crowd(daemon.port("event"), clients, addresses).served() == 0);
    for (const Way& way : ways_of_threads) CHECK(is_served(daemon.port(way.serve), 99));
}

TEST_SUITE_END();
