// SPDX-License-Identifier: ISC
#include "daemon/policy/ledger.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/wait.h>

#include <csignal>
#include <string>
#include <vector>

#include "daemon/os/socket.h"

using namespace minetd;

namespace {

Source source(unsigned number) {
    SocketAddress peer;
    peer.v4.sin_family = AF_INET;
    peer.v4.sin_addr.s_addr = htonl(0x0A000000U + number);
    peer.length = sizeof peer.v4;
    return source_of(peer, {});
}

constexpr Milliseconds now = 1'000'000;

/// How many of `tries` are admitted; none is released.
unsigned admitted(Ledger& ledger, const Limits& limits, unsigned tries, unsigned from = 1) {
    unsigned count = 0;
    for (unsigned i = 0; i < tries; ++i) {
        Claim claim = 0;
        if (ledger.admit(limits, source(from), now, ::getpid(), claim) == nullptr) ++count;
    }
    return count;
}

}  // namespace

TEST_SUITE("policy") {
    TEST_CASE("what a ledger remembers goes on in the next one; who is there does not") {
        const struct {
            const char* name;
            Limits limits;
            unsigned same, other;  // admitted by the next ledger, of 50 tries each
        } rows[] = {
            {"instances", {.instances = 7}, 7, 0},
            {"per_source", {.per_source = 7}, 7, 7},
            {"service_max", {.service_max = 7}, 0, 0},
            {"ip_max", {.ip_max = 7}, 0, 7},
            {"cps", {.cps = ConnectionsPerSecond{7, 5}}, 0, 0},
            {"rate", {.rate = Rate{.count = 1, .seconds = 60, .burst = 7}}, 0, 7},
        };
        for (const auto& row : rows) {
            CAPTURE(row.name);
            Ledger ledger, next;
            CHECK(admitted(ledger, row.limits, 50, 1) == 7);
            next.recall(ledger.memory(now, 100), now);
            CHECK(admitted(next, row.limits, 50, 1) == row.same);
            CHECK(admitted(next, row.limits, 50, 2) == row.other);
        }
    }

    TEST_CASE("a ledger remembers of many sources those that came last") {
        Ledger ledger;
        const Limits limits{.rate = Rate{.count = 1, .seconds = 60, .burst = 7}};
        for (unsigned i = 0; i < 300; ++i) {
            Claim claim = 0;
            ledger.admit(limits, source(i), now + i, ::getpid(), claim);
        }
        CHECK(ledger.memory(now + 300, 1000).sources.size() == 300);
        const LedgerMemory memory = ledger.memory(now + 300, 10);
        CHECK(memory.sources.size() == 10);
        for (const LedgerMemory::Known& known : memory.sources) CHECK(known.last_used >= now + 290);
        CHECK(Ledger().memory(now, 10).empty());
    }

    TEST_CASE("exactly N") {
        const struct {
            const char* name;
            Limits limits;
            unsigned first,
                second;  // admitted from one source, then from another, of 50 tries each
        } rows[] = {
            {"instances", {.instances = 7}, 7, 0},
            {"per_source", {.per_source = 7}, 7, 7},
            {"service_max", {.service_max = 7}, 7, 0},
            {"ip_max", {.ip_max = 7}, 7, 7},
            {"cps", {.cps = ConnectionsPerSecond{7, 5}}, 7, 0},
            {"rate", {.rate = Rate{.count = 1, .seconds = 60, .burst = 7}}, 7, 7},
            {"both", {.instances = 10, .per_source = 7}, 7, 3},
            {"none", {}, 50, 50},
        };
        for (const auto& row : rows) {
            CAPTURE(row.name);
            Ledger ledger;
            CHECK(admitted(ledger, row.limits, 50, 1) == row.first);
            CHECK(admitted(ledger, row.limits, 50, 2) == row.second);
        }
    }

    TEST_CASE("a session that ends makes room, a refusal takes none") {
        Ledger ledger;
        const Limits limits{.instances = 2, .per_source = 2};
        Claim first = 0, second = 0, third = 0;
        REQUIRE(ledger.admit(limits, source(1), now, ::getpid(), first) == nullptr);
        REQUIRE(ledger.admit(limits, source(1), now, ::getpid(), second) == nullptr);
        REQUIRE(ledger.admit(limits, source(1), now, ::getpid(), third) != nullptr);
        CHECK(third == 0);
        CHECK(ledger.running() == 2);
        ledger.release(first, ::getpid());
        ledger.release(first, ::getpid());  // twice is once
        ledger.release(12345, ::getpid());
        CHECK(ledger.running() == 1);
        CHECK(admitted(ledger, limits, 10) == 1);
    }

    TEST_CASE("rate: a burst, then as fast as it says, for each source by itself") {
        Ledger ledger;
        const Limits limits{.rate = Rate{.count = 2, .seconds = 1, .burst = 3}};
        const auto tries = [&](Milliseconds when, unsigned from) {
            unsigned count = 0;
            for (int i = 0; i < 10; ++i) {
                Claim claim = 0;
                if (ledger.admit(limits, source(from), when, ::getpid(), claim) == nullptr) {
                    ++count;
                    ledger.release(claim, ::getpid());  // an end gives no token back
                }
            }
            return count;
        };
        CHECK(tries(now, 1) == 3);
        CHECK(tries(now + 499, 1) == 0);
        CHECK(tries(now + 500, 1) == 1);
        CHECK(tries(now + 500, 2) == 3);
        CHECK(tries(now + 1500, 1) == 2);
        CHECK(tries(now + 100'000, 1) == 3);  // no more than the burst was saved
        // A peer that nobody knows is under nobody's rate.
        Claim claim = 0;
        for (int i = 0; i < 10; ++i) CHECK(!ledger.admit(limits, {}, now, ::getpid(), claim));
    }

    TEST_CASE("cps pauses for as long as it says, and then serves again") {
        Ledger ledger;
        const Limits limits{.cps = ConnectionsPerSecond{2, 5}};
        CHECK(admitted(ledger, limits, 10) == 2);
        Claim claim = 0;
        CHECK(ledger.paused_until() == now + 5000);
        CHECK(ledger.admit(limits, source(1), now + 4999, ::getpid(), claim) != nullptr);
        CHECK(ledger.admit(limits, source(1), now + 5000, ::getpid(), claim) == nullptr);
    }

    TEST_CASE(
        "processes that accept at the same time share one limit, and a killed one gives back") {
        Ledger ledger;
        const Limits limits{.instances = 500, .per_source = 100};
        constexpr int processes = 6, sources = 20;
        int report[2], hold[2];
        REQUIRE(::pipe2(report, O_CLOEXEC) == 0);
        REQUIRE(::pipe2(hold, O_CLOEXEC) == 0);
        std::vector<pid_t> pids;
        for (int p = 0; p < processes; ++p) {
            const pid_t pid = ::fork();
            REQUIRE(pid >= 0);
            if (pid == 0) {
                ledger.remap();
                ::close(hold[1]);
                unsigned count = 0;
                for (unsigned i = 0; i < 4000; ++i) {
                    Claim claim = 0;
                    if (ledger.admit(limits, source(i % sources), now, ::getpid(), claim) ==
                        nullptr) {
                        ++count;
                        if (i % 3 == 0) {  // some end, most stay
                            ledger.release(claim, ::getpid());
                            --count;
                        }
                    }
                }
                (void)!::write(report[1], &count, sizeof count);
                char byte;
                (void)!::read(hold[0], &byte, 1);  // holds what it has until it is killed
                ::_exit(0);
            }
            pids.push_back(pid);
        }
        unsigned total = 0;
        for (int p = 0; p < processes; ++p) {
            unsigned count = 0;
            REQUIRE(::read(report[0], &count, sizeof count) == sizeof count);
            total += count;
        }
        CHECK(total == 500);
        CHECK(ledger.running() == 500);
        CHECK(admitted(ledger, limits, 10) == 0);
        for (const pid_t pid : pids) {
            REQUIRE(::kill(pid, SIGKILL) == 0);
            REQUIRE(::waitpid(pid, nullptr, 0) == pid);
            CHECK(ledger.release_all(pid));
        }
        CHECK(ledger.running() == 0);
        unsigned again = 0;
        for (unsigned from = 0; from < 10; ++from) again += admitted(ledger, limits, 200, from);
        CHECK(again == 500);
        for (const int fd : {report[0], report[1], hold[0], hold[1]}) ::close(fd);
    }

    TEST_CASE("a process killed anywhere in the ledger leaves true counts and no lock") {
        Ledger ledger;
        const Limits limits{.instances = 100, .per_source = 50};
        Claim mine = 0;
        REQUIRE(ledger.admit(limits, source(1), now, ::getpid(), mine) == nullptr);
        for (int round = 0; round < 60; ++round) {
            int begun[2];
            REQUIRE(::pipe2(begun, O_CLOEXEC) == 0);
            const pid_t pid = ::fork();
            REQUIRE(pid >= 0);
            if (pid == 0) {
                ledger.remap();
                (void)!::write(begun[1], "x", 1);
                for (unsigned i = 0;; ++i) {  // until killed
                    Claim claim = 0;
                    ledger.admit(limits, source(i % 5), now, ::getpid(), claim);
                    if (i % 7 != 0) ledger.release(claim, ::getpid());
                }
            }
            char byte;
            REQUIRE(::read(begun[0], &byte, 1) == 1);
            for (int spin = 0; spin < round * 500; ++spin) asm volatile("");
            REQUIRE(::kill(pid, SIGKILL) == 0);
            REQUIRE(::waitpid(pid, nullptr, 0) == pid);
            REQUIRE(ledger.release_all(pid));
            REQUIRE(ledger.running() == 1);
            ::close(begun[0]);
            ::close(begun[1]);
        }
        ledger.release(mine, ::getpid());
        CHECK(admitted(ledger, limits, 60, 3) == 50);
    }

    TEST_CASE("who serves others too does not wait for a lock that nobody lets go") {
        Ledger ledger;
        const Limits limits{.instances = 10, .per_source = 10};
        Claim mine = 0, other = 0;
        REQUIRE(ledger.admit(limits, source(1), now, ::getpid(), mine) == nullptr);
        // As a hostile process of the service does: the lock, by its first word, is somebody's who
        // lives on and does not know.
        const auto write_owner = [&](std::uint32_t pid) {
            REQUIRE(::pwrite(ledger.fd(), &pid, sizeof pid, 0) == sizeof pid);
        };
        write_owner(static_cast<std::uint32_t>(::getppid()));
        for (int i = 0; i < 1000; ++i) {
            const Guard* guard = ledger.admit(limits, source(1), now, ::getpid(), other);
            REQUIRE(guard != nullptr);
            CHECK(guard->reason == "service_limit");
            CHECK(other == 0);
        }
        ledger.release(mine, ::getpid());
        CHECK(ledger.running() == 1);
        CHECK_FALSE(ledger.settle());
        write_owner(0);
        CHECK(ledger.settle());
        CHECK(ledger.running() == 0);
        CHECK(admitted(ledger, limits, 50) == 10);
    }

    TEST_CASE(
        "more sources than can be remembered are still limited, and none is forgotten while it "
        "runs") {
        Ledger ledger;
        const Limits limits{.per_source = 1};
        unsigned first = 0, again = 0;
        for (unsigned from = 0; from < 40'000; ++from) {
            Claim claim = 0;
            if (ledger.admit(limits, source(from), now, ::getpid(), claim) == nullptr) ++first;
        }
        for (unsigned from = 0; from < 40'000; ++from) {
            Claim claim = 0;
            if (ledger.admit(limits, source(from), now, ::getpid(), claim) == nullptr) ++again;
        }
        CHECK(first > 10'000);
        CHECK(first <= 16'384);
        CHECK(again == 0);
    }
}
