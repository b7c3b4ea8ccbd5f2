// SPDX-License-Identifier: ISC
// What is said about a board beside its memory. Plain data: it crosses processes.
#pragma once

#include <cstdint>

#include "mpm/scoreboard.h"

namespace minetd {

struct BoardCard {
    enum class Kind : std::uint32_t {
        pool,      ///< a keeper and its servers
        process,   ///< one event-driven process, if any (a builtin on a `nowait` line)
        programs,  ///< a program for each connection, counted by the root process
    };
    Kind kind = Kind::pool;
    std::uint32_t number = 0;  ///< of the board; none has it again while the daemon lives
    std::uint32_t servers = 1, threads = 1;  ///< places
    std::uint32_t generation = 0;            ///< of the service's process; the first is 1
    std::uint32_t most = 0;                  ///< workers it may have at once; 0: any number
    std::uint32_t asynchronous = 0;          ///< 1: a connection has no worker of its own
    std::uint32_t pid = 0;                   ///< of the process that keeps it; 0: there is none
    std::uint32_t port = 0;                  ///< host order; 0: none, or the kernel's choice
    char protocol[16] = {};
    char mpm[16] = {};
    char id[64] = {};  ///< the service's name in records

    BoardSize size() const noexcept { return {.servers = servers, .threads = threads}; }
};

}  // namespace minetd
