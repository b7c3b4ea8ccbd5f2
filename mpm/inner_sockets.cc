// SPDX-License-Identifier: ISC
#include "mpm/inner_sockets.h"

#include <arpa/inet.h>

#include <algorithm>
#include <system_error>

#include "daemon/os/socket.h"
#include "daemon/os/system_error.h"

namespace minetd {
namespace {

/// Link-local addresses have an interface, and in there it is the only one.
SocketAddress within(SocketAddress address) noexcept {
    constexpr std::uint32_t loopback_interface = 1;
    if (address.family() == AF_INET6 && address.v6.sin6_scope_id != 0)
        address.v6.sin6_scope_id = loopback_interface;
    return address;
}

SocketAddress loopback(int family) noexcept {
    SocketAddress address;
    if (family == AF_INET) {
        address.v4.sin_family = AF_INET;
        address.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.length = sizeof address.v4;
    } else {
        address.v6.sin6_family = AF_INET6;
        address.v6.sin6_addr = IN6ADDR_LOOPBACK_INIT;
        address.length = sizeof address.v6;
    }
    return address;
}

/// Without more memory, descriptors or threads just now: later there may be.
bool is_passing(const std::error_code& problem) noexcept {
    for (const int one : {EAGAIN, EMFILE, ENFILE, ENOMEM, ENOBUFS})
        if (problem.value() == one) return true;
    return false;
}

bool only_v6(int fd) noexcept {
    int value = 0;
    socklen_t size = sizeof value;
    return ::getsockopt(fd, SOL_IPV6, IPV6_V6ONLY, &value, &size) == 0 && value != 0;
}

/// Where IPv6 has no loopback address here, a socket of both families is reached by IPv4.
UniqueFd open_on_loopback(const ListeningSocket& outer, SocketOptions options) {
    const int family = outer.address.family();
    options.freebind = false;
    if (family == AF_INET6) options.v6only = true;
    try {
        return open_listener(loopback(family), options);
    } catch (const std::system_error& problem) {
        if (family == AF_INET || only_v6(outer.fd) || problem.code().value() != EADDRNOTAVAIL)
            throw;
        options.v6only.reset();
        return open_listener(loopback(AF_INET), options);
    }
}

}  // namespace

InnerSockets::InnerSockets(const ServiceSpec& spec, std::vector<ListeningSocket> outer,
                           const InnerSockets* former)
    : outer_(std::move(outer)) {
    if (former != nullptr && (former->network_ || !former->inner_.empty())) {
        network_ = former->network_;
        problem_ = former->problem_;
    } else {
        try {
            network_ = std::make_shared<const UniqueFd>(make_private_network());
        } catch (const std::system_error& problem) {
            if (is_passing(problem.code())) throw;
            problem_ = problem.what();
        }
    }
    for (const ListeningSocket& socket : outer_) {
        const std::uint64_t cookie = socket_cookie(socket.fd);
        const auto known = [&](const Inner& inner) { return cookie != 0 && inner.outer == cookie; };
        if (former != nullptr) {
            const auto& had = former->inner_;
            if (const auto found = std::find_if(had.begin(), had.end(), known);
                found != had.end()) {
                inner_.push_back(*found);
                continue;
            }
        }
        open(spec, socket);
    }
}

InnerSockets::InnerSockets(HandedPassage& handed) : problem_("as before the upgrade") {
    if (handed.network.number >= 0) {
        network_ = std::make_shared<const UniqueFd>(handed.network.take());
        problem_.clear();
    }
    for (HandedInner& one : handed.sockets) {
        Inner inner{.outer = one.outer, .fd = nullptr, .address = {}};
        inner.fd = std::make_shared<const UniqueFd>(one.socket.take());
        inner.address = local_address(inner.fd->get());
        inner_.push_back(std::move(inner));
    }
}

HandedPassage InnerSockets::hand_over() const {
    HandedPassage handed{.network = {network()}, .sockets = {}};
    for (const Inner& inner : inner_)
        handed.sockets.push_back({.socket = {inner.fd->get()}, .outer = inner.outer});
    return handed;
}

void InnerSockets::open(const ServiceSpec& spec, const ListeningSocket& outer) {
    SocketOptions options;
    options.type = spec.is_datagram() ? SOCK_DGRAM : SOCK_STREAM;
    options.protocol = spec.protocol_number;
    options.listen_backlog = static_cast<int>(spec.listen_backlog);
    options.sndbuf = static_cast<int>(spec.sndbuf);
    options.rcvbuf = static_cast<int>(spec.rcvbuf);
    options.keepalive = spec.keepalive;
    options.nodelay = spec.nodelay;
    options.freebind = true;
    UniqueFd socket;
    if (shows_peers()) {
        if (outer.address.family() == AF_INET6) options.v6only = only_v6(outer.fd);
        within_network(network(), [&] { socket = open_listener(within(outer.address), options); });
    } else {
        socket = open_on_loopback(outer, options);
    }
    Inner inner{.outer = socket_cookie(outer.fd), .fd = nullptr, .address = {}};
    inner.address = local_address(socket.get());
    inner.fd = std::make_shared<const UniqueFd>(std::move(socket));
    inner_.push_back(std::move(inner));
}

std::vector<ListeningSocket> InnerSockets::sockets() const {
    std::vector<ListeningSocket> sockets;
    for (const Inner& inner : inner_)
        sockets.push_back({.fd = inner.fd->get(),
                           .address = inner.address,
                           .specific = false,
                           .host = {},
                           .kept = false});
    return sockets;
}

SocketAddress InnerSockets::entrance(std::size_t number,
                                     const SocketAddress& local) const noexcept {
    return shows_peers() ? within(local) : inner_[number].address;
}

SocketAddress InnerSockets::entrance(const SocketAddress& local) const noexcept {
    std::size_t number = 0;
    for (std::size_t i = 0; i < outer_.size(); ++i) {
        if (outer_[i].address.family() != local.family() ||
            (outer_[i].specific && !(outer_[i].address == local)))
            continue;
        number = i;
        if (outer_[i].specific) break;
    }
    return entrance(number, local);
}

bool InnerSockets::pose(int fd, const SocketAddress& peer, bool whole) const noexcept {
    const int on = 1;
    if (!shows_peers()) {
        // Bound by what it sends, it would be to any address, and heard from any host. The port is
        // for connect(2) and sendto(2) to choose: theirs are more.
        const SocketAddress here = loopback(local_address(fd).family());
        ::setsockopt(fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
        return ::bind(fd, here.raw(), here.length) == 0;
    }
    ::setsockopt(fd, SOL_IP, IP_FREEBIND, &on, sizeof on);
    if (peer.family() == AF_INET6) ::setsockopt(fd, SOL_IPV6, IPV6_FREEBIND, &on, sizeof on);
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    SocketAddress address = within(peer);
    if (whole && ::bind(fd, address.raw(), address.length) == 0) return true;
    // The port is taken, or not ours to take.
    (address.family() == AF_INET ? address.v4.sin_port : address.v6.sin6_port) = 0;
    return ::bind(fd, address.raw(), address.length) == 0;
}

}  // namespace minetd
