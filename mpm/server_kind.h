// SPDX-License-Identifier: ISC
// What the servers of a pool are, as far as their keeper has to know: how they come to be, how they
// are asked to go, and what their end means.
#pragma once

#include <sys/types.h>

#include "daemon/os/clock.h"
#include "daemon/os/process.h"
#include "daemon/os/unique_fd.h"
#include "mpm/control.h"

namespace minetd {

/// What the keeper knows of one server; nobody else writes it.
struct Server {
    pid_t pid = 0;         ///< 0: the slot is free
    bool leaving = false;  ///< told to go, or replaced: no part of the pool any more
    bool served = false;   ///< it got as far as waiting for clients
    bool killed = false;   ///< it was given up
    Milliseconds began = 0;
    Milliseconds told = 0;  ///< when it was asked to go; 0: it was not
};

/// What the end of a server was.
enum class Ending {
    normal,
    early,         ///< without a failure, and before it could be seen to serve
    failed_start,  ///< trying again soon would only repeat it
    crash,         ///< it had served
    program        ///< that of a client's program
};

/// How the servers of a pool come to be and go.
class ServerKind {
  public:
    virtual ~ServerKind() = default;
    /// Makes a server in a free slot; returns its pid, or -errno.
    virtual pid_t start(unsigned slot) noexcept = 0;
    /// A certain server can be asked to go home; else it is for the kernel to choose which.
    virtual bool can_choose() const noexcept = 0;
    /// Asks this server; what it has it finishes.
    virtual void retire(unsigned) noexcept {}
    /// Asks `count` idle servers, whichever they are.
    virtual void retire_any(unsigned) noexcept {}
    /// A server serves one client and is that client's program until its end.
    virtual bool becomes_program() const noexcept { return false; }
    /// Servers take a while until they serve: the pool is ready when they are.
    virtual bool starts_slowly() const noexcept { return false; }
    /// The servers were heard to say by themselves that they are ready.
    virtual bool says_ready() const noexcept { return false; }
    /// What tells that a server does nothing any more; null: nothing does.
    virtual const char* sign_of_being_stuck(unsigned, Milliseconds) const noexcept {
        return nullptr;
    }
    /// The servers are all to go as soon as they are idle.
    virtual void drain() noexcept = 0;
    /// A server was reaped.
    virtual Ending ended(unsigned slot, const Exit& exit) noexcept = 0;
    /// A server has spoken up, or a second is over.
    virtual void attend() noexcept {}
    /// The parent's answer to a pass.
    virtual void answer(const ControlMessage&) noexcept {}
    /// News of a board, for servers that show it.
    virtual void hear_board(const ControlMessage&, UniqueFd) noexcept {}
};

}  // namespace minetd
