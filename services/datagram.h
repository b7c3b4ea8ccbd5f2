// SPDX-License-Identifier: ISC
// One datagram as a handler sees it, with room for at most one reply.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/os/socket_address.h"

namespace minetd {

class Datagram {
  public:
    Datagram(const SocketAddress& peer, std::string_view payload)
        : peer_(peer), payload_(payload) {}

    const SocketAddress& peer() const noexcept { return peer_; }
    /// Valid until the handler returns.
    std::string_view payload() const noexcept { return payload_; }

    /// Answers with a copy of these bytes; the driver sends them from the address that was asked.
    void reply(std::string_view bytes) { reply_.emplace(bytes); }
    const std::optional<std::string>& reply() const noexcept { return reply_; }

  private:
    const SocketAddress& peer_;
    std::string_view payload_;
    std::optional<std::string> reply_;
};

}  // namespace minetd
