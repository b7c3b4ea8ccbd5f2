// SPDX-License-Identifier: ISC
// Asks the ident daemon of one peer whose connection it is (RFC 1413), from the address that the
// peer is connected to. What comes back is the peer's word and no more: it is bounded, and to be
// made printable by whoever shows it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/os/event_loop.h"
#include "daemon/os/socket_address.h"
#include "daemon/os/unique_fd.h"

namespace minetd {

struct Identified {
    bool known = false;
    /// What follows `USERID :` in the answer, or why there is none: `no server`, `timeout`, `bad
    /// response`, as xinetd words it.
    std::string text;
};

/// Understands an answer about the connection from `their_port` to `our_port`.
Identified read_ident_answer(std::string_view answer, std::uint16_t their_port,
                             std::uint16_t our_port);

class IdentQuery {
  public:
    /// Called once, from the loop; it may destroy the query.
    using Done = std::function<void(const Identified&)>;
    IdentQuery(EventLoop& loop, const SocketAddress& peer, const SocketAddress& local,
               Milliseconds patience, Done done);

  private:
    bool connect(const SocketAddress& peer, const SocketAddress& local) noexcept;
    void ask() noexcept;
    void read_answer() noexcept;
    void finish(Identified result) noexcept;

    std::uint16_t their_port_, our_port_;
    UniqueFd socket_;
    std::string answer_;
    Done done_;
    std::optional<FdEvent> writable_, readable_;
    Timer deadline_;
};

}  // namespace minetd
