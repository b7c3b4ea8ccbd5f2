// SPDX-License-Identifier: ISC
// What a process that serves connections with a handler is given when it begins.
#pragma once

#include <memory>
#include <vector>

#include "mpm/control.h"
#include "mpm/dispatcher.h"
#include "mpm/sandbox.h"
#include "mpm/scoreboard.h"
#include "services/reply_budget.h"

namespace minetd {

struct ServerSeat {
    std::shared_ptr<const ServiceSpec> spec;
    const ServiceContext& context;
    std::vector<ListeningSocket> sockets;
    Admission* admission = nullptr;    ///< null: everybody is let in
    Channel& control;                  ///< to the parent
    Scoreboard* scoreboard = nullptr;  ///< null in a process that is no pool's
    unsigned slot = 0;
    ReplyBudget* budget = nullptr;  ///< of a datagram service's servers, all together
    /// The parent is the superdaemon itself: without it, nobody else ends this process in time.
    bool of_superdaemon = false;
    unsigned orphan_timeout = 0;  ///< seconds; 0: none
};

/// Becomes a process of the service's user, in its sandbox (null: none), which there is no way back
/// from. What only a server itself can do is left to confine_server(). Throws std::exception.
void enter_identity(const ServiceSpec& spec, const Sandbox* sandbox);
/// The same for a process that serves by itself: sets limits, priority, umask and directory too.
void enter_service(const ServiceSpec& spec, const Sandbox* sandbox);
/// For a process whose children set priority and limits when root is gone: before enter_identity(),
/// what only root may do of that. Best effort.
void permit_limits(const ServiceSpec& spec) noexcept;
/// The last step of a server of ours, before its first thread. Throws std::system_error.
void confine_server(const Sandbox* sandbox);

/// accept(2) failed for want of descriptors or memory: trying again at once would only burn.
bool is_shortage(int error) noexcept;

/// The peer of a connection as admission sees it; a local one is known by its user. Borrows `peer`.
Visitor visitor_of(int fd, const SocketAddress& peer) noexcept;

}  // namespace minetd
