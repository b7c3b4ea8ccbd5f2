// SPDX-License-Identifier: ISC
#include "services/status/texts.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "services/status/summary.h"
#include "tests/services/status/sample.h"

using namespace minetd;
using namespace minetd::status;

TEST_SUITE("services") {
    TEST_CASE("status: ?auto has mod_status's keys in mod_status's order") {
        CHECK(auto_text(sample()) ==
              "example\n"
              "ServerVersion: minetd/" MINETD_VERSION
              " (Unix)\n"
              "ServerMPM: event,nowait\n"
              "Server Built: Nov 18 2026 11:06:40\n"
              "CurrentTime: Monday, 23-Nov-2026 23:37:08 UTC\n"
              "RestartTime: Sunday, 22-Nov-2026 22:36:07 UTC\n"
              "ParentServerConfigGeneration: 3\n"
              "ParentServerMPMGeneration: 2\n"
              "ServerUptimeSeconds: 90061\n"
              "ServerUptime: 1 day 1 hour 1 minute 1 second\n"
              "Load1: 0.50\n"
              "Load5: 1.25\n"
              "Load15: 12.00\n"
              "Total Accesses: 120\n"
              "Total kBytes: 200\n"
              "Total Duration: 250\n"
              "CPUUser: 1.5\n"
              "CPUSystem: 0.5\n"
              "CPUChildrenUser: 0\n"
              "CPUChildrenSystem: 0\n"
              "CPULoad: 0.00222072\n"
              "Uptime: 90061\n"
              "ReqPerSec: 0.00133243\n"
              "BytesPerSec: 2.27401\n"
              "BytesPerReq: 1706.67\n"
              "DurationPerReq: 2.08333\n"
              "BusyWorkers: 3\n"
              "GracefulWorkers: 2\n"
              "IdleWorkers: 1\n"
              "Processes: 2\n"
              "Stopping: 1\n"
              "ConnsTotal: 6\n"
              "ConnsAsyncWaitIO: 3\n"
              "ConnsAsyncWriting: 1\n"
              "ConnsAsyncKeepAlive: 1\n"
              "ConnsAsyncClosing: 1\n"
              "Scoreboard: GGW_..WW..\n");
    }

    TEST_CASE("status: one service alone; what cannot be said of it is left out") {
        const Snapshot all = sample();
        const std::string text = auto_text(all, find_service(all, "ftp"));
        CHECK(text.find("ServerMPM: nowait\n") != text.npos);
        CHECK(text.find("ParentServerMPMGeneration: 0\n") != text.npos);
        CHECK(text.find("Total Accesses: 20\n") != text.npos);
        CHECK(text.find("BusyWorkers: 2\nGracefulWorkers: 0\nIdleWorkers: 0\nScoreboard: WW..\n") !=
              text.npos);
        for (const char* absent : {"CPULoad", "Processes", "ConnsTotal"}) {
            CAPTURE(absent);
            CHECK(text.find(absent) == text.npos);
        }
        Snapshot fresh;
        fresh.services.resize(1);
        const std::string nothing = auto_text(fresh);
        for (const char* absent : {"ReqPerSec", "BytesPerReq", "DurationPerReq"}) {
            CAPTURE(absent);
            CHECK(nothing.find(absent) == nothing.npos);
        }
    }

    TEST_CASE("status: what the cgroups of services use, where they have any") {
        Snapshot all = sample();
        for (const auto& text : {auto_text(all), json_text(all), page(all)})
            for (const char* word : {"MemoryCurrent", "TasksCurrent", "memory_current",
                                     "Memory:", "tasks_current", "Tasks:"})
                CHECK(text.find(word) == text.npos);
        all.services[0].memory_current = 3'670'016;
        all.services[0].tasks_current = 7;
        all.services[1].memory_current = 4096;
        CHECK(auto_text(all).find("MemoryCurrent: 3674112\nTasksCurrent: 7\nScoreboard: ") !=
              std::string::npos);
        CHECK(auto_text(all, &all.services[1]).find("MemoryCurrent: 4096\nScoreboard: ") !=
              std::string::npos);
        const auto json = nlohmann::json::parse(json_text(all));
        CHECK(json["services"][0]["memory_current"] == 3'670'016);
        CHECK(json["services"][0]["tasks_current"] == 7);
        CHECK(json["services"][1]["memory_current"] == 4096);
        CHECK_FALSE(json["services"][1].contains("tasks_current"));
        CHECK(page(all).find("<dt>Memory: 3.5 MB</dt>\n<dt>Tasks: 7</dt></dl>") !=
              std::string::npos);
        CHECK(page(all, &all.services[1]).find("Memory: 0.0 MB</dt></dl>") != std::string::npos);
    }

    TEST_CASE("status: services are found by id and by key") {
        const Snapshot all = sample();
        CHECK(find_service(all, "web") == &all.services[0]);
        CHECK(find_service(all, "80/tcp") == &all.services[0]);
        CHECK(find_service(all, "ftp/tcp") == &all.services[1]);
        CHECK(find_service(all, "80") == nullptr);
        CHECK(find_service(all, "") == nullptr);
    }

    TEST_CASE("status: durations in words") {
        const struct {
            std::int64_t seconds;
            const char* text;
        } cases[] = {{0, ""},
                     {1, "1 second"},
                     {61, "1 minute 1 second"},
                     {7200, "2 hours"},
                     {189'613, "2 days 4 hours 40 minutes 13 seconds"}};
        for (const auto& c : cases) CHECK(duration_text(c.seconds) == c.text);
    }

    TEST_CASE("status: JSON has every service, server and worker") {
        Snapshot all = sample();
        all.services[1].id = "a\"b\xff<";
        const auto json = nlohmann::json::parse(json_text(all));
        REQUIRE(json["services"].size() == 2);
        const auto& pool = json["services"][0];
        CHECK(pool["backlog"]["now"] == 3);
        CHECK(pool["backlog"]["peak"] == 9);
        CHECK(pool["refused"] == 7);
        CHECK(pool["connections"] == 40);
        CHECK(pool["requests"] == 100);
        CHECK(pool["scoreboard"] == "GGW_..");
        REQUIRE(pool["servers"].size() == 2);
        CHECK(pool["servers"][0]["leaving"] == true);
        CHECK(pool["servers"][1]["pid"] == 102);
        CHECK(pool["servers"][1]["workers"][0]["client"] == "192.0.2.1");
        CHECK(pool["servers"][1]["workers"][0]["state"] == "W");
        CHECK(json["services"][1]["id"] == "a\"b\xEF\xBF\xBD<");
        CHECK(nlohmann::json::parse(json_text(all, &all.services[1]))["services"].size() == 1);
    }

    TEST_CASE("status: the page escapes what it shows, and shows what was asked for") {
        Snapshot all = sample();
        all.host = "<script>alert(1)</script>";
        all.services[0].id = "a&b\"'<i>";
        all.services[0].servers[1].workers[0].client = "<b>\x01";
        const std::string whole = page(all);
        for (const char* present : {"&lt;script&gt;", "a&amp;b&quot;&#39;&lt;i&gt;", "&lt;b&gt;?",
                                    "yes (old gen)", "<td>102</td>", "GGW_..", "9 at its peak"}) {
            CAPTURE(present);
            CHECK(whole.find(present) != whole.npos);
        }
        for (const char* absent : {"<script", "<i>", "<b>\x01", "http-equiv"}) {
            CAPTURE(absent);
            CHECK(whole.find(absent) == whole.npos);
        }
        const std::string brief = page(all, nullptr, {.refresh = 5, .table = false});
        CHECK(brief.find("<meta http-equiv=\"refresh\" content=\"5\">") != brief.npos);
        CHECK(brief.find("<table") == brief.npos);
        CHECK(brief.find("GGW_..") != brief.npos);
        CHECK(page(all, &all.services[1]).find("GGW_") == std::string::npos);
    }

    TEST_CASE("status: a lying server makes the page no longer than the letters' bound") {
        Service service;
        service.running = ~std::uint64_t{0};
        CHECK(letters(service).size() == 200'000);
    }
}
