// SPDX-License-Identifier: ISC
// Sensors: whoever touches one is served nowhere, in any way of serving.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/integration/admission_ways.h"
#include "tests/integration/client.h"
#include "tests/integration/crowd.h"
#include "tests/integration/daemon_under_test.h"
#include "tests/integration/gauge.h"

using namespace minetd;

TEST_SUITE_BEGIN("admission");

TEST_CASE("whoever touches a sensor is served nowhere, in any way of serving, until it is over") {
    struct Service {
        std::string name, line;
    };
    std::vector<Service> services;
    std::string lines, sections = way_defaults;
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

TEST_SUITE_END();

// With the pools, as no program takes part: these are run with the sanitizer of threads too.
TEST_SUITE_BEGIN("pools");

TEST_CASE("admission by threads: whoever touches a sensor is served no more") {
    std::string lines = "{trap} stream tcp4 event {user} internal sensor\n",
                sections = way_defaults;
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
