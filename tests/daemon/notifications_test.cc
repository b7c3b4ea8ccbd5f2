// SPDX-License-Identifier: ISC
#include "daemon/notifications.h"

#include <doctest/doctest.h>

#include <cstdlib>

#include "daemon/os/systemd.h"

using namespace minetd;

TEST_SUITE("daemon") {
    TEST_CASE("the status is a sentence, which says only what there is") {
        struct Row {
            Situation situation;
            const char* text;
        };
        const Row rows[] = {
            {{}, "0 services, 0 sessions"},
            {{.services = 1, .sessions = 1}, "1 service, 1 session"},
            {{.services = 12, .sessions = 34, .full_pools = 2},
             "12 services, 34 sessions, 2 pools at their limit"},
            {{.services = 2, .full_pools = 1, .missing = 1, .left_out = 1},
             "2 services, 0 sessions, 1 pool at its limit, 1 address still to be bound, 1 service "
             "left out"},
            {{.services = 2, .missing = 3, .left_out = 4},
             "2 services, 0 sessions, 3 addresses still to be bound, 4 services left out"},
        };
        for (const Row& row : rows) CHECK(status_text(row.situation) == row.text);
    }

    TEST_CASE("a manager that hears nothing is told of, where there is one") {
        CHECK(Notifications::problem().empty());
        REQUIRE(::setenv("NOTIFY_SOCKET", "@nobody", 1) == 0);
        CHECK(Notifications::problem().empty() == systemd::can_notify());
        ::unsetenv("NOTIFY_SOCKET");
    }
}
