// SPDX-License-Identifier: ISC
#include "daemon/policy/guards.h"

#include <doctest/doctest.h>

#include <string>

using namespace minetd;

TEST_SUITE("policy") {
    TEST_CASE("which guard refuses") {
        const struct {
            const char* name;
            Limits limits;
            Facts facts;
            const char* reason;  // null: admitted
        } rows[] = {
            {"nothing is limited", {}, {.running = 1'000'000}, nullptr},
            {"below instances", {.instances = 3}, {.running = 2}, nullptr},
            {"at instances", {.instances = 3}, {.running = 3}, "service_limit"},
            {"instances 0 refuse everyone", {.instances = 0}, {}, "service_limit"},
            {"at per_source",
             {.per_source = 2},
             {.running = 9, .running_from_source = 2},
             "per_source_limit"},
            {"another source",
             {.per_source = 2},
             {.running = 9, .running_from_source = 1},
             nullptr},
            {"a source that cannot be counted",
             {.per_source = 2},
             {.source_untracked = true},
             "per_source_limit"},
            {"at service_max", {.service_max = 5}, {.in_minute = 5}, "connections per minute"},
            {"below service_max", {.service_max = 5}, {.in_minute = 4}, nullptr},
            {"at ip_max",
             {.ip_max = 5},
             {.in_minute_from_source = 5},
             "connections per minute from source"},
            {"at cps",
             {.cps = ConnectionsPerSecond{25, 30}},
             {.in_second = 25},
             "connections per second"},
            {"cps pauses",
             {.cps = ConnectionsPerSecond{25, 30}},
             {.cps_pausing = true},
             "connections per second"},
            {"cps 0 is off",
             {.cps = ConnectionsPerSecond{0, 30}},
             {.in_second = 99, .cps_pausing = true},
             nullptr},
            {"cps is asked first",
             {.instances = 0, .cps = ConnectionsPerSecond{1, 1}},
             {.in_second = 1},
             "connections per second"},
            {"touched a sensor", {}, {.sensed = true}, "sensor"},
            {"one program more", {}, {.programs = 2, .programs_most = 3}, nullptr},
            {"all programs run", {}, {.programs = 3, .programs_most = 3}, "process_limit"},
            {"no program ever", {}, {.programs = 0, .programs_most = 0}, "process_limit"},
            {"on no_access, or not on only_from", {}, {.access = Verdict::deny}, "address"},
            {"nobody knows its name", {}, {.access = Verdict::unknown}, "address"},
            {"before the first minute", {.access_times = {{480, 1020}}}, {.minute = 479}, "time"},
            {"in the first minute", {.access_times = {{480, 1020}}}, {.minute = 480}, nullptr},
            {"in the last minute", {.access_times = {{480, 1020}}}, {.minute = 1020}, nullptr},
            {"after the last minute", {.access_times = {{480, 1020}}}, {.minute = 1021}, "time"},
            {"in the second range", {.access_times = {{1, 2}, {5, 6}}}, {.minute = 5}, nullptr},
            {"between two ranges", {.access_times = {{1, 2}, {5, 6}}}, {.minute = 4}, "time"},
            {"over midnight, late", {.access_times = {{1320, 360}}}, {.minute = 1439}, nullptr},
            {"over midnight, early", {.access_times = {{1320, 360}}}, {.minute = 0}, nullptr},
            {"over midnight, at noon", {.access_times = {{1320, 360}}}, {.minute = 720}, "time"},
            {"to the end of the day", {.access_times = {{720, 1440}}}, {.minute = 1439}, nullptr},
            {"at max_load", {.max_load = 2.5}, {.load = 2.5}, "load"},
            {"below max_load", {.max_load = 2.5}, {.load = 2.49}, nullptr},
            {"no token", {.rate = Rate{1, 1, 1}}, {.tokens = 0}, "rate"},
            {"a token", {.rate = Rate{1, 1, 1}}, {.tokens = 1}, nullptr},
            {"a rate, and nobody's source", {.rate = Rate{1, 1, 1}}, {}, nullptr},
            {"a bucket that cannot be kept",
             {.rate = Rate{1, 1, 1}},
             {.source_untracked = true},
             "rate"},
            {"the sensor is asked first",
             {.instances = 0, .access_times = {{1, 1}}},
             {.sensed = true, .access = Verdict::deny},
             "sensor"},
            {"then the address",
             {.instances = 0, .access_times = {{1, 1}}},
             {.access = Verdict::deny},
             "address"},
            {"then the time",
             {.instances = 0, .max_load = 0, .access_times = {{1, 1}}},
             {},
             "time"},
            {"then the load", {.instances = 0, .max_load = 0}, {}, "load"},
            {"the rate before the service's own limit",
             {.instances = 0, .rate = Rate{1, 1, 1}},
             {.tokens = 0},
             "rate"},
            {"the books are full", {.ip_max = 5}, {.claims_exhausted = true}, "service_limit"},
        };
        for (const auto& row : rows) {
            CAPTURE(row.name);
            const Guard* guard = decide(row.limits, row.facts);
            if (row.reason == nullptr) {
                CHECK(guard == nullptr);
            } else {
                REQUIRE(guard != nullptr);
                CHECK(std::string(guard->reason) == row.reason);
            }
        }
    }

    TEST_CASE("every guard has a reason of its own, and only a full service waits") {
        for (const Guard& guard : guards()) {
            CAPTURE(std::string(guard.reason));
            CHECK_FALSE(guard.reason.empty());
            CHECK(guard.waits == (guard.reason == "service_limit"));
            CHECK((guard.passes || !guard.waits));
            for (const Guard& other : guards())
                CHECK((&guard == &other || guard.reason != other.reason));
        }
        // What goes by the peer alone is asked before anything is counted.
        bool counting = false;
        for (const Guard& guard : guards()) {
            const bool counts = guard.stage == Guard::Stage::counts;
            CHECK((counts || !counting));
            counting = counts;
        }
        CHECK(unlimited({}));
        CHECK(unlimited({.max_load = 1, .access_times = {{1, 2}}}));
        CHECK_FALSE(unlimited({.rate = Rate{}}));
        CHECK(counts_sources({.rate = Rate{}}));
        CHECK_FALSE(unlimited({.ip_max = 1}));
        CHECK(counts_sources({.per_source = 1}));
        CHECK_FALSE(counts_sources({.instances = 1}));
    }
}
