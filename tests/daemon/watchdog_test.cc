// SPDX-License-Identifier: ISC
#include "daemon/watchdog.h"

#include <doctest/doctest.h>

#include <csignal>
#include <vector>

using namespace minetd;

TEST_SUITE("daemon") {
    TEST_CASE("who has been silent for the period hangs, unless nobody could have heard it") {
        const struct {
            const char* what;
            Silence silence;
            bool hangs;
        } rows[] = {
            {"heard just now", {.heard_ago = 0, .period = 30'000}, false},
            {"almost too long", {.heard_ago = 29'999, .period = 30'000}, false},
            {"too long", {.heard_ago = 30'000, .period = 30'000}, true},
            {"looked at a little late",
             {.heard_ago = 44'999, .period = 30'000, .late = 14'999},
             true},
            {"we were stopped, too",
             {.heard_ago = 45'000, .period = 30'000, .late = 15'000},
             false},
            {"for days", {.heard_ago = 200'000'000, .period = 1000, .late = 199'999'000}, false},
        };
        for (const auto& row : rows) {
            CAPTURE(row.what);
            CHECK(hangs(row.silence) == row.hangs);
        }
    }

    TEST_CASE("a silent daemon is aborted, then killed; one that speaks is left alone") {
        EventLoop loop;
        std::vector<int> signals;
        int listened = 0;
        Watchdog* watched = nullptr;
        // Two signs of life, found when its time is up; then none.
        Watchdog watchdog(
            loop, 200, 20,
            [&] {
                if (++listened <= 2) watched->heard();
            },
            [&](int signal) {
                CHECK(listened > 2);
                signals.push_back(signal);
                if (signal == SIGKILL) watched->stop();  // the loop has nothing left
            });
        watched = &watchdog;
        watchdog.start();
        loop.run();
        CHECK(signals == std::vector<int>{SIGABRT, SIGKILL});
    }

    TEST_CASE("a start has its own time, the period at least, and it ends when the daemon serves") {
        const struct {
            const char* what;
            Milliseconds period, patience;
            bool serves;
        } rows[] = {
            {"never served", 1, 60, false},
            {"never served, and had more time than others", 60, 1, false},
            {"serves in time, and hangs", 60, 3'600'000, true},
        };
        for (const auto& row : rows) {
            CAPTURE(row.what);
            EventLoop loop;
            std::vector<int> signals;
            Watchdog* watched = nullptr;
            Watchdog watchdog(
                loop, row.period, 1, [] {},
                [&](int signal) {
                    signals.push_back(signal);
                    if (signal == SIGKILL) watched->stop();
                });
            watched = &watchdog;
            const Milliseconds began = monotonic_ms();
            watchdog.await_start(row.patience);
            if (row.serves) watchdog.start();
            loop.run();
            CHECK(monotonic_ms() - began >= 60);
            CHECK(signals == std::vector<int>{SIGABRT, SIGKILL});
        }
    }

    TEST_CASE("nobody is watched before it is started, after its end, or without a period") {
        EventLoop loop;
        int listened = 0, ended = 0;
        const auto listen = [&] { ++listened; };
        const auto end = [&](int) { ++ended; };
        Watchdog early(loop, 1, 1, listen, end), gone(loop, 1, 1, listen, end),
            none(loop, 0, 1, listen, end);
        early.heard();
        gone.start();
        gone.stop();
        none.await_start(1);
        none.start();
        Timer later(loop, [] {});
        later.schedule(50);
        loop.run();
        CHECK(listened == 0);
        CHECK(ended == 0);
    }
}
