// SPDX-License-Identifier: ISC
// `prefork`: a server is a process that serves one connection at a time (Apache's prefork MPM).
// A builtin's server stays for the next connection; a program's server waits in accept, its
// identity and limits set, and becomes the program when a client comes.
#pragma once

#include <atomic>

#include "mpm/launch.h"
#include "mpm/refusal_box.h"
#include "mpm/server_seat.h"

namespace minetd {

/// The serve loop of a builtin's server; returns the exit status.
int serve_prefork(ServerSeat seat);

/// What a program's server is given; outlives it. It runs on borrowed memory.
struct WaitingSeat {
    std::vector<ListeningSocket> sockets;
    pid_t keeper = 0;    ///< the servers' parent
    int retire_fd = -1;  ///< a semaphore eventfd: every unit sends one waiting server home
    const Admission* admission = nullptr;  ///< null: everybody is let in
    Scoreboard* scoreboard = nullptr;
    RefusalBox* refusals = nullptr;
    bool announce = false;   ///< the keeper wants to hear of every connection (records)
    Milliseconds poll = 10;  ///< between two tries while `overflow = queue` holds a connection back
};

/// One waiting server's own part, kept beside its launch slot by the keeper.
struct WaitingServer {
    const WaitingSeat* seat = nullptr;
    unsigned slot = 0;
    Claim claim = 0;
    std::atomic<bool> admitted{false};  ///< it has a client
};

/// Runs in the child before it becomes the program (LaunchSlot::before): false sends it home.
bool wait_for_client(LaunchSlot& slot) noexcept;

}  // namespace minetd
