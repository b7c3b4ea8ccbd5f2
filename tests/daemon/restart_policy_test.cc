// SPDX-License-Identifier: ISC
#include "daemon/restart_policy.h"

#include <doctest/doctest.h>

#include <csignal>

using namespace minetd;

namespace {

constexpr int exited(int status) {
    return status << 8;
}

}  // namespace

TEST_SUITE("daemon") {
    TEST_CASE("a daemon that crashed is started again; one that ended, or cannot start, is not") {
        const struct {
            const char* what;
            EndedDaemon ended;
            std::optional<int> end;
        } rows[] = {
            {"killed", {.status = SIGKILL, .was_ready = true}, {}},
            {"killed, the first that served",
             {.status = SIGKILL, .was_ready = true, .first = true},
             {}},
            {"dumped core", {.status = SIGSEGV | 0x80, .was_ready = true}, {}},
            {"ended by itself", {.status = exited(0), .was_ready = true}, 0},
            {"failed", {.status = exited(71), .was_ready = true}, {}},
            {"failed at a later start", {.status = exited(69)}, {}},
            {"usage", {.status = exited(64)}, 64},
            {"configuration", {.status = exited(78)}, 78},
            {"failed at the first start", {.status = exited(69), .first = true}, 69},
            {"killed at the first start", {.status = SIGKILL, .first = true}, 137},
            {"stopped", {.status = exited(0), .was_ready = true, .asked_to_end = true}, 0},
            {"failed while it stopped",
             {.status = exited(71), .was_ready = true, .asked_to_end = true},
             71},
            {"killed while it stopped",
             {.status = SIGABRT, .was_ready = true, .asked_to_end = true},
             134},
        };
        for (const auto& row : rows) {
            CAPTURE(row.what);
            CHECK(end_of_supervision(row.ended) == row.end);
        }
    }

    TEST_CASE("the wait doubles with each failure in a row, to five seconds") {
        const struct {
            unsigned failures;
            Milliseconds delay;
        } rows[] = {{1, 100},  {2, 200},  {3, 400},  {4, 800},
                    {5, 1600}, {6, 3200}, {7, 5000}, {4'000'000'000, 5000}};
        for (const auto& row : rows) CHECK(restart_delay(row.failures) == row.delay);
    }

    TEST_CASE("who has served for ten seconds begins anew") {
        CHECK(failures_after(0, 0) == 1);
        CHECK(failures_after(5, 9'999) == 6);
        CHECK(failures_after(5, 10'000) == 1);
    }
}
