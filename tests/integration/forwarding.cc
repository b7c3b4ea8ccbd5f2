// SPDX-License-Identifier: ISC
#include "tests/integration/forwarding.h"

#include <sys/socket.h>

#include <algorithm>

namespace minetd {

std::string forwarding(const std::string& attributes, const std::string& to,
                       const std::string& host) {
    std::string text = "{to} stream tcp4 event {user} internal echo\n";
    for (const char* mpm : forwarding_mpms)
        text += std::string("{") + mpm + "} stream tcp4 " + mpm + " {user} internal redirect " +
                host + " " + to + "\n";
    return text + "[defaults]\nlog_on_success = TRAFFIC\n" + attributes;
}

Destination::Destination(std::uint16_t port, const char* host, int backlog) {
    SocketAddress address = address_of(host, port);
    fd_.reset(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int one = 1;
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    REQUIRE(::bind(fd_.get(), address.raw(), address.length) == 0);
    REQUIRE(::listen(fd_.get(), backlog) == 0);
    const timeval patience{.tv_sec = patience_ms / 1000, .tv_usec = 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
}

UniqueFd Destination::accept(SocketAddress& peer) {
    peer.length = SocketAddress::capacity;
    UniqueFd fd(::accept4(fd_.get(), peer.raw(), &peer.length, SOCK_CLOEXEC));
    REQUIRE(fd);
    return fd;
}

std::string receive(const UniqueFd& fd, std::size_t size) {
    std::string all;
    while (all.size() < size) {
        char room[65536];
        const ssize_t got = ::recv(fd.get(), room, std::min(sizeof room, size - all.size()), 0);
        if (got <= 0) break;
        all.append(room, static_cast<std::size_t>(got));
    }
    return all;
}

}  // namespace minetd
