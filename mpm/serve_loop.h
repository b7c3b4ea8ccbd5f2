// SPDX-License-Identifier: ISC
// What all processes that run a handler have in common, whichever way they wait and step: their
// seat, the handler, what they watch, whom they admit.
#pragma once

#include <cstdint>
#include <memory>

#include "daemon/os/unique_fd.h"
#include "mpm/datagram_server.h"
#include "mpm/server_seat.h"

namespace minetd {

class ServeLoop {
  protected:
    explicit ServeLoop(ServerSeat seat);  ///< throws std::system_error
    ~ServeLoop();

    /// epoll_ctl(2); throws std::system_error. `operation` is EPOLL_CTL_ADD or another.
    void watch(int fd, std::uint32_t events, void* tag, int operation);
    /// The guard that refuses the connection, or null: it is counted under `claim`.
    const Guard* admit(int connection, const SocketAddress& peer, Milliseconds now, Claim& claim);
    void release(Claim claim) noexcept;
    SocketAddress local_end(int connection, const ListeningSocket& socket) const noexcept {
        return socket.specific ? socket.address : local_address(connection);
    }

    ServerSeat seat_;
    const ServiceSpec& spec_;
    Reporter reporter_;
    std::unique_ptr<Handler> handler_;
    DatagramServer datagrams_;
    UniqueFd epoll_;
    bool draining_ = false;
};

}  // namespace minetd
