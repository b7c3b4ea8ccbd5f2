// SPDX-License-Identifier: ISC
// `intercept`: the sockets that a `wait` program is given in place of the service's own, and how
// whoever stands between connects to them on behalf of a peer. Where there can be one they are in a
// private network: the program sees each peer's own address and the one it came to, and nobody
// passes by. Otherwise they are on the loopback interface, and all peers seem to come from there.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "daemon/os/private_network.h"
#include "mpm/dispatcher.h"
#include "mpm/handed_over.h"

namespace minetd {

class InnerSockets {
  public:
    /// One for each of `outer`, of the same kind, or the one that `former` has for it, in its
    /// network. Throws std::system_error.
    InnerSockets(const ServiceSpec& spec, std::vector<ListeningSocket> outer,
                 const InnerSockets* former = nullptr);
    /// Those that a former image made, each known by its outer socket; for another one to go on
    /// from.
    explicit InnerSockets(HandedPassage& handed);
    /// Descriptors are borrowed.
    HandedPassage hand_over() const;

    /// Why there is no private network; empty: there is one.
    const std::string& problem() const noexcept { return problem_; }
    bool shows_peers() const noexcept { return network_ != nullptr; }
    /// That network; -1: there is none.
    int network() const noexcept { return network_ ? network_->get() : -1; }
    /// As the program is to be given them; borrowed.
    std::vector<ListeningSocket> sockets() const;
    const std::vector<ListeningSocket>& outer() const noexcept { return outer_; }
    int fd(std::size_t number) const noexcept { return inner_[number].fd->get(); }

    // -- for who is in the network
    /// Where the program takes what came to `local` on the outer socket of this number.
    SocketAddress entrance(std::size_t number, const SocketAddress& local) const noexcept;
    /// The same, by the address alone.
    SocketAddress entrance(const SocketAddress& local) const noexcept;
    /// Gives a new socket the peer's address, as far as it can have it; its port where `whole`. On
    /// the loopback interface it gets one that no other host can send to. False where it has none.
    bool pose(int fd, const SocketAddress& peer, bool whole) const noexcept;

  private:
    struct Inner {
        std::uint64_t outer = 0;  ///< SO_COOKIE of the socket that it stands for
        std::shared_ptr<const UniqueFd> fd;
        SocketAddress address;
    };
    void open(const ServiceSpec& spec, const ListeningSocket& outer);

    std::vector<ListeningSocket> outer_;
    std::string problem_;
    std::shared_ptr<const UniqueFd> network_;  ///< null: there is none
    std::vector<Inner> inner_;
};

}  // namespace minetd
