// SPDX-License-Identifier: ISC
#include "mpm/notify_message.h"

#include <doctest/doctest.h>

#include <random>
#include <string>

using namespace minetd;

TEST_SUITE("mpm") {
    TEST_CASE("what a resident program says of itself") {
        struct Row {
            std::string_view text;
            NotifyMessage means;
        };
        const Row rows[] = {
            {"READY=1", {.ready = true}},
            {"READY=1\n", {.ready = true}},
            {"STOPPING=1", {.stopping = true}},
            {"WATCHDOG=1", {.alive = true}},
            {"WATCHDOG=trigger", {.stuck = true}},
            {"X_MINETD_STATE=busy", {.busy = true}},
            {"X_MINETD_STATE=idle", {.busy = false}},
            {"X_MINETD_STATE=busy\nX_MINETD_STATE=idle\n", {.busy = false}},
            {"\n\nSTATUS=works\nREADY=1\nX_MINETD_STATE=idle\nWATCHDOG=1",
             {.ready = true, .alive = true, .busy = false}},
            {"READY=1\nSTOPPING=1", {.ready = true, .stopping = true}},
            // Others' business, and what nobody means.
            {"", {}},
            {"\n\n\n", {}},
            {"READY=0", {}},
            {"READY=11", {}},
            {"READY=1 ", {}},
            {" READY=1", {}},
            {"ready=1", {}},
            {"READY=1\r\n", {}},
            {"READY", {}},
            {"=1", {}},
            {"STATUS=READY=1", {}},
            {"X_MINETD_STATE=", {}},
            {"X_MINETD_STATE=BUSY", {}},
            {"MAINPID=1\nFDSTORE=1\nERRNO=2\nWATCHDOG_USEC=1\nRELOADING=1", {}},
            {std::string_view("READY=1\0", 8), {}},
            {std::string_view("\0READY=1", 8), {}},
            {std::string_view("\0\nREADY=1\n\0", 11), {.ready = true}},
        };
        for (const Row& row : rows) {
            CAPTURE(std::string(row.text));
            CHECK(parse_notification(row.text) == row.means);
        }
    }

    TEST_CASE("random bytes say nothing, whatever lies among them") {
        std::mt19937 random(4711);
        for (int round = 0; round < 2000; ++round) {
            std::string text(random() % 200, '\0');
            for (char& byte : text) byte = static_cast<char>(random());
            CHECK(parse_notification(text) == NotifyMessage{});
            text = '\n' + text + "\nSTOPPING=1\n" + text;
            CHECK(parse_notification(text) == NotifyMessage{.stopping = true});
        }
    }
}
