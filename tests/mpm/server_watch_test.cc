// SPDX-License-Identifier: ISC
#include "mpm/server_watch.h"

#include <doctest/doctest.h>

#include "daemon/os/shared_memory.h"

using namespace minetd;

namespace {

struct AnyKind : ServerKind {
    pid_t start(unsigned) noexcept override { return -1; }
    bool can_choose() const noexcept override { return true; }
    void drain() noexcept override {}
    Ending ended(unsigned, const Exit&) noexcept override { return Ending::normal; }
};

/// A server that began a second after the clock, and its watch.
struct Watched {
    explicit Watched(const PoolLimits& limits)
        : memory(size.bytes()), board(memory.fd(), size), watch(limits, board) {
        board.occupy(0, 1);
    }
    std::string fault(Milliseconds now) { return watch.fault(0, server, kind, now); }

    static constexpr BoardSize size{.servers = 1, .threads = 1};
    SharedMemory memory;
    Scoreboard board;
    ServerWatch watch;
    AnyKind kind;
    Server server{.pid = 1, .began = 1000};
};

}  // namespace

TEST_SUITE("mpm") {
    TEST_CASE("start_timeout: for those who never got ready, whether that was counted or not") {
        PoolLimits limits;
        limits.start_timeout = 30;
        Watched it(limits);
        CHECK(it.fault(30'999) == "");
        CHECK(it.fault(31'000) == "is not ready after 30 s");
        SUBCASE("it was counted") {
            it.server.served = true;
        }
        SUBCASE("it waits for clients") {
            it.board.idle(0);
        }
        SUBCASE("it has one") {
            it.board.idle(0);
            it.board.busy(0);
        }
        CHECK(it.fault(31'000) == "");
    }

    TEST_CASE("drain_timeout: from when it was told to go") {
        PoolLimits limits;
        limits.drain_timeout = 5;
        Watched it(limits);
        it.server.served = true;
        CHECK(it.fault(100'000) == "");
        it.server.told = 100'000;
        CHECK(it.fault(104'999) == "");
        CHECK(it.fault(105'000) == "has not finished 5 s after it was retired");
    }
}
