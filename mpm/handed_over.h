// SPDX-License-Identifier: ISC
// What lives longer than the image of the root process that started it, as plain data: an upgrade
// in place writes it, and the image that comes after takes it over. It is the same process, so pids
// are those of its children still, and what they hold in a ledger stays theirs.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "daemon/os/process.h"
#include "daemon/os/socket_address.h"
#include "daemon/os/unique_fd.h"
#include "mpm/board_card.h"

namespace minetd {

/// A descriptor on its way: borrowed by who writes it, his who takes it. It is named once: whoever
/// closes what nobody has taken may not find it where it was moved from.
struct HandedFd {
    int number = -1;  ///< -1: there is none

    HandedFd() = default;
    HandedFd(int fd) noexcept : number(fd) {}
    HandedFd(HandedFd&& other) noexcept : number(std::exchange(other.number, -1)) {}
    HandedFd& operator=(HandedFd&& other) noexcept {
        number = std::exchange(other.number, -1);
        return *this;
    }
    ~HandedFd() = default;

    UniqueFd take() noexcept { return UniqueFd(std::exchange(number, -1)); }
};

/// A program that runs for a client, or with a service's socket.
struct HandedSession {
    pid_t pid = 0;
    std::uint32_t claim = 0;
    std::int64_t began_us = 0;
    SocketAddress peer;
    int start_error = 0;           ///< why it could not be started; 0: it was
    std::uint8_t failed_step = 0;  ///< LaunchStep
    std::uint64_t socket = 0;      ///< SO_COOKIE of the socket that it has; `wait` only
    bool suspicious = false;       ///< the one before it ended at once; `wait` only
};

/// A connection that was accepted and has no program yet.
struct HandedConnection {
    HandedFd connection;
    SocketAddress peer;
    bool admitted = false;
    std::uint32_t claim = 0;
    std::string greeting;
};

/// A process of ours.
struct HandedChild {
    pid_t pid = 0;
    HandedFd channel;  ///< none: it is about to end
    ForkedChild take() noexcept { return {pid, Channel(channel.take())}; }
};

/// A process that serves, with all below it.
struct HandedProcess {
    HandedChild child;
    std::uint32_t board = 0;  ///< its number in the registry
    bool ready = false, draining = false, superseded = false;
    std::string user, group;  ///< perchild: whose
};

/// The socket that a `wait` program was given in place of the service's own.
struct HandedInner {
    HandedFd socket;
    std::uint64_t outer = 0;  ///< SO_COOKIE of the service's
};

/// What lies between a program and its peers (`intercept`).
struct HandedPassage {
    HandedFd network;
    std::vector<HandedInner> sockets;
};

/// What one dispatcher has.
struct HandedDispatcher {
    std::vector<HandedSession> sessions;
    std::vector<HandedConnection> connections;
    std::vector<HandedProcess> processes;
    HandedPassage passage;
    Scoreboard::Totals totals;  ///< of programs
    std::uint32_t generation = 0;
    bool says_ready = false;
};

struct HandedBoard {
    BoardCard card;
    std::string service;  ///< its key
    HandedFd memory;
    bool lives = false;  ///< its process does
};

struct HandedBoards {
    std::int64_t began = 0;  ///< the daemon: seconds since 1970
    std::uint32_t configuration = 1, last = 0;
    std::vector<HandedBoard> boards;
};

}  // namespace minetd
