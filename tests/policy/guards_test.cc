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
            Counts counts;
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
            {"the books are full", {.ip_max = 5}, {.claims_exhausted = true}, "service_limit"},
        };
        for (const auto& row : rows) {
            CAPTURE(row.name);
            const Guard* guard = decide(row.limits, row.counts);
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
            for (const Guard& other : guards())
                CHECK((&guard == &other || guard.reason != other.reason));
        }
        CHECK(unlimited({}));
        CHECK_FALSE(unlimited({.ip_max = 1}));
        CHECK(counts_sources({.per_source = 1}));
        CHECK_FALSE(counts_sources({.instances = 1}));
    }
}
