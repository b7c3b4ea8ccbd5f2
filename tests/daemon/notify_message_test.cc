// SPDX-License-Identifier: ISC
#include "daemon/notify_message.h"

#include <doctest/doctest.h>

#include <string>

using namespace minetd;

TEST_SUITE("daemon") {
    TEST_CASE("messages to a service manager: what is for a keeper of descriptors") {
        const struct {
            std::string text;
            bool ready, store, remove;
            const char* name;
        } rows[] = {
            {"", false, false, false, "stored"},
            {"READY=1\nSTATUS=a=b, c\nNEW_FIELD=x\n", true, false, false, "stored"},
            {"READY=0", false, false, false, "stored"},
            {"READY=11", false, false, false, "stored"},
            {"FDSTORE=1\nFDNAME=echo;tcp#0", false, true, false, "echo;tcp#0"},
            {"FDNAME=a\nFDSTOREREMOVE=1", false, false, true, "a"},
            {"FDSTORE=1", false, true, false, "stored"},
            {"ready=1\nXFDSTORE=1\nMAINPID=1\nBARRIER=1", false, false, false, "stored"},
        };
        for (const auto& row : rows) {
            CAPTURE(row.text);
            const auto message = parse_notify_message(row.text);
            REQUIRE(message);
            CHECK(message->ready == row.ready);
            CHECK(message->store == row.store);
            CHECK(message->remove == row.remove);
            CHECK(message->name == row.name);
        }
    }

    TEST_CASE(
        "messages to a service manager: that the loop goes round, and where the pid file is") {
        const struct {
            const char* text;
            bool alive;
            std::optional<std::string> pid_file;
        } rows[] = {
            {"WATCHDOG=1", true, {}},
            {"STATUS=well\nWATCHDOG=1\n", true, {}},
            {"WATCHDOG=trigger", false, {}},
            {"WATCHDOG_USEC=1", false, {}},
            {"X_MINETD_PID_FILE=/run/a=b", false, "/run/a=b"},
            {"X_MINETD_PID_FILE=", false, ""},
            {"XX_MINETD_PID_FILE=/run/a", false, {}},
        };
        for (const auto& row : rows) {
            CAPTURE(row.text);
            const auto message = parse_notify_message(row.text);
            REQUIRE(message);
            CHECK(message->alive == row.alive);
            CHECK(message->pid_file == row.pid_file);
        }
    }

    TEST_CASE("messages that sd_notify cannot have sent are none") {
        for (const std::string& text :
             {std::string("READY=1\nrubbish"), std::string("=1"), std::string("READY=1\0", 8),
              std::string("FDSTORE=1\nFDNAME="), std::string("FDSTORE=1\nFDNAME=a:b"),
              std::string("FDNAME=\x7f"), std::string("FDNAME=\xc3\xa4"),
              "FDNAME=" + std::string(256, 'x')}) {
            CAPTURE(text);
            CHECK_FALSE(parse_notify_message(text));
        }
        CHECK(parse_notify_message("FDNAME=" + std::string(255, 'x')));
    }
}
