// SPDX-License-Identifier: ISC
// The other end: a blocking client with a deadline on everything, which tells the ways a
// connection can end from each other.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "daemon/os/socket_address.h"
#include "daemon/os/unique_fd.h"

namespace minetd {

/// How long any test waits for anything. Long, because it only matters when a test fails.
constexpr int patience_ms = 60'000;

/// Looks again and again, for what nothing tells of; false when patience is over.
bool comes_true(const std::function<bool()>& reached);

/// A numeric IPv4 or IPv6 address and a port, or the path of a unix socket (`@` for abstract).
SocketAddress address_of(std::string_view host, std::uint16_t port);
SocketAddress address_of_path(std::string_view path);

class Client {
  public:
    enum class End { none, closed, reset, refused };

    /// Connects, from this address where there is one; throws std::system_error unless connected or
    /// refused.
    explicit Client(const SocketAddress& server, int type = SOCK_STREAM,
                    const SocketAddress& from = {});
    explicit Client(std::uint16_t port) : Client(address_of("127.0.0.1", port)) {}

    /// How the connection ended, as far as this client has seen.
    End end() const { return end_; }
    int fd() const { return fd_.get(); }

    /// Sends all of it; a connection that was reset meanwhile is noted, not thrown.
    void send(std::string_view bytes);
    /// Says that no more will be sent.
    void finish();
    /// Up to and with the next newline, or what came before the end.
    std::string line();
    /// Everything until the end.
    std::string rest();
    /// At least `count` bytes, or what came before the end.
    std::string bytes(std::size_t count);
    /// Sends a line, which is given without its end; line().
    std::string say(std::string_view text);
    /// send(), finish(), rest().
    std::string ask(std::string_view bytes);
    /// One datagram or one packet; throws when none comes.
    std::string receive();
    void close() { fd_.reset(); }

  private:
    bool fill();

    UniqueFd fd_;
    std::string buffer_;
    End end_ = End::none;
};

/// To a port of 127.0.0.1, from another address of this host.
Client client_from(std::string_view address, std::uint16_t port);
/// It is served, by who sends back what it says.
bool is_served(Client client);

}  // namespace minetd
