// SPDX-License-Identifier: ISC
#include "mpm/scoreboard.h"

#include <doctest/doctest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "daemon/os/shared_memory.h"
#include "mpm/stuck_watch.h"

using namespace minetd;

namespace {

/// A board with its memory and the keeper's ear.
struct Board {
    explicit Board(BoardSize size)
        : memory(size.bytes()),
          board(memory.fd(), size),
          wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

    bool woken() const {
        std::uint64_t count;
        return ::read(wake.get(), &count, sizeof count) > 0;
    }

    SharedMemory memory;
    Scoreboard board;
    UniqueFd wake;
};

}  // namespace

TEST_SUITE("mpm") {
    TEST_CASE("the last spare worker to go busy wakes the keeper, once until it has heard") {
        Board it({.servers = 2, .threads = 2});
        it.board.set_alarm(2, it.wake.get());
        it.board.occupy(0, 2);
        it.board.occupy(1, 2);
        CHECK(it.board.count(0).starting == 2);
        CHECK_FALSE(it.board.count(0).began());
        for (unsigned server : {0U, 1U})
            for (unsigned thread : {0U, 1U}) it.board.idle(server, thread);
        CHECK(it.board.idle_count() == 4);
        it.board.busy(0, 0);
        it.board.busy(1, 0);
        CHECK_FALSE(it.woken());
        it.board.busy(0, 1);
        CHECK(it.woken());
        it.board.busy(1, 1);
        CHECK_FALSE(it.woken());
        it.board.clear_alarm();
        it.board.idle(0, 0);
        it.board.busy(0, 0);
        CHECK(it.woken());
        CHECK(it.board.count(0).busy == 2);
        CHECK(it.board.count(0).idle == 0);
    }

    TEST_CASE("a server that takes no more has no spares, and says so") {
        Board it({.servers = 2, .threads = 3});
        it.board.set_alarm(3, it.wake.get());
        for (unsigned server : {0U, 1U}) {
            it.board.occupy(server, 3);
            for (unsigned thread : {0U, 1U, 2U}) it.board.idle(server, thread);
        }
        it.board.set_accepting(0, false);
        it.board.set_accepting(0, false);
        CHECK(it.board.idle_count() == 3);
        CHECK(it.board.count(0).idle == 0);
        CHECK(it.board.count(0).busy == 3);
        CHECK_FALSE(it.woken());
        it.board.set_accepting(1, false);
        CHECK(it.woken());
        it.board.set_accepting(0, true);
        CHECK(it.board.idle_count() == 3);
    }

    TEST_CASE("what a killed server counted stays, its place is free, the account is mended") {
        Board it({.servers = 2, .threads = 2});
        it.board.occupy(0, 2);
        it.board.idle(0, 0);
        it.board.idle(0, 1);
        it.board.busy(0, 0);
        it.board.accessed(0, 0);
        it.board.accessed(0, 1);
        it.board.thread(0, 0).requests.store(7);
        it.board.thread(0, 1).bytes.store(100);
        it.board.thread(0, 0).began.store(5);
        it.board.thread(0, 0).ended.store(6);
        SocketAddress peer;
        peer.v4.sin_family = AF_INET;
        peer.length = sizeof peer.v4;
        it.board.note_peer(0, 0, peer);
        CHECK(it.board.totals().accesses == 2);
        it.board.vacate(0);
        CHECK(it.board.totals().accesses == 2);
        CHECK(it.board.totals().requests == 7);
        CHECK(it.board.totals().bytes == 100);
        // Who comes next into its place has had no client yet.
        CHECK(it.board.thread(0, 0).began == 0);
        CHECK(it.board.thread(0, 0).ended == 0);
        CHECK(it.board.thread(0, 0).peer_length == 0);
        CHECK(it.board.count(0).idle + it.board.count(0).busy + it.board.count(0).starting == 0);
        CHECK(it.board.idle_count() == 1);  // the thread that was idle when it died
        it.board.correct_idle(1, 0);
        CHECK(it.board.idle_count() == 0);
        it.board.correct_idle(5, 3);  // it changed meanwhile: not mended
        CHECK(it.board.idle_count() == 0);
        it.board.set_base({.accesses = 40});
        CHECK(it.board.totals().accesses == 42);
    }

    TEST_CASE("one step that lasts is stuck; many steps, or none, are not") {
        Board it({.servers = 1, .threads = 2});
        it.board.occupy(0, 2);
        StuckWatch watch(1, 2, 3000);
        StuckWatch never(1, 2, 0);
        auto& steps = it.board.thread(0, 1).steps;
        CHECK_FALSE(watch.is_stuck(it.board, 0, 1000));
        steps = 1;
        CHECK_FALSE(watch.is_stuck(it.board, 0, 2000));
        CHECK_FALSE(watch.is_stuck(it.board, 0, 4000));
        CHECK(watch.is_stuck(it.board, 0, 5000));
        CHECK_FALSE(never.is_stuck(it.board, 0, 5000));
        steps = 3;  // another step
        CHECK_FALSE(watch.is_stuck(it.board, 0, 6000));
        steps = 4;  // none
        CHECK_FALSE(watch.is_stuck(it.board, 0, 20'000));
        steps = 5;
        CHECK_FALSE(watch.is_stuck(it.board, 0, 21'000));
        watch.reset(0);
        CHECK_FALSE(watch.is_stuck(it.board, 0, 30'000));
        CHECK(watch.is_stuck(it.board, 0, 33'000));
    }
}
