// SPDX-License-Identifier: ISC
#include <doctest/doctest.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/os/shared_memory.h"
#include "daemon/os/socket.h"
#include "mpm/prefork.h"

using namespace minetd;

TEST_SUITE("mpm") {
    TEST_CASE("a server waits for its keeper's clients, and not for those of one that died") {
        const BoardSize size{.servers = 1, .threads = 1};
        const SharedMemory memory(size.bytes());
        Scoreboard board(memory.fd(), size);
        board.occupy(0, 1);
        const pid_t rows[] = {::getpid(), ::getpid() + 1};
        for (const pid_t keeper : rows) {
            const bool alive = keeper == ::getpid();
            CAPTURE(alive);
            // It is sent home, if it waits at all.
            const UniqueFd retire(::eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE));
            WaitingSeat seat;
            seat.keeper = keeper;
            seat.retire_fd = retire.get();
            seat.scoreboard = &board;
            WaitingServer server;
            server.seat = &seat;
            LaunchSlot slot;
            slot.context = &server;
            const pid_t child = ::fork();
            REQUIRE(child >= 0);
            if (child == 0) ::_exit(wait_for_client(slot) ? 1 : 0);
            int status = 0;
            REQUIRE(::waitpid(child, &status, 0) == child);
            CHECK(WIFEXITED(status));
            CHECK(WEXITSTATUS(status) == 0);
            CHECK(is_readable(retire.get()) != alive);
        }
    }
}
