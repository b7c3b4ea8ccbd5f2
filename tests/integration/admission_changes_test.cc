// SPDX-License-Identifier: ISC
// Counts, lists and times in every way of serving after servers were killed, and after the
// configuration was loaded anew.
#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include "tests/integration/admission_ways.h"
#include "tests/integration/crowd.h"
#include "tests/integration/daemon_under_test.h"
#include "tests/integration/gauge.h"
#include "tests/integration/house.h"
#include "tests/integration/process_tree.h"

using namespace minetd;

namespace {

void stay_exact(const Way& way) {
    CAPTURE(std::string(way.serve));
    CAPTURE(std::string(way.server));
    const auto configuration = [&](const char* settings) {
        return service(way, "exact") + way_defaults + section(way, "exact", settings);
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

/// Lists and times: the same numbers of the same addresses by those who come instead of killed
/// servers, and others after a reload.
void hold_lists(const Way& way) {
    CAPTURE(std::string(way.serve));
    CAPTURE(std::string(way.server));
    const auto configuration = [&](const std::string& settings) {
        return service(way, "listed") + way_defaults + section(way, "listed", settings);
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
        const std::vector<ProcessView> former = descendants(daemon.pid());
        if (&row != table) {
            daemon.reload(configuration(row.settings));
            CHECK(comes_true([&] { return are_gone(former); }));  // they go by the rules of before
        }
        std::map<unsigned, unsigned> wanted;
        for (unsigned i = row.first; i != 0 && i <= row.last; ++i) wanted[i] = clients / addresses;
        const auto crowd = [&] {
            return Crowd(daemon.port("listed"), clients, addresses).by_address();
        };
        CHECK((crowd() == wanted));
        if (wanted.empty()) continue;  // there may be nobody to be killed
        const Crowd inside(daemon.port("listed"), clients, addresses);
        kill_servers(daemon);
        CHECK((crowd() == wanted));
    }
}

}  // namespace

TEST_SUITE_BEGIN("admission");

TEST_CASE("the counts are true over reloads and after kills") {
    for (const Way& way : ways_of_processes) stay_exact(way);
}

TEST_CASE("lists and times are the same after kills, and the new ones after reloads") {
    for (const Way& way : ways_of_processes) hold_lists(way);
}

TEST_SUITE_END();

// With the pools, as no program takes part: these are run with the sanitizer of threads too.
TEST_SUITE_BEGIN("pools");

TEST_CASE("admission by threads: the counts are true over reloads and after kills") {
    for (const Way& way : ways_of_threads) stay_exact(way);
}

TEST_CASE("admission by threads: lists and times after kills and reloads") {
    for (const Way& way : ways_of_threads) hold_lists(way);
}

TEST_SUITE_END();
