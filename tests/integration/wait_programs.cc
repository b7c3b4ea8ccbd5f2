// SPDX-License-Identifier: ISC
#include "tests/integration/wait_programs.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <vector>

#include "daemon/os/socket_address.h"

namespace minetd {
namespace {

std::string told(const SocketAddress& peer) {
    return std::to_string(getpid()) + " " + peer.str() + " ";
}

/// Receives one datagram and its sender; false when there is none.
bool receive(int fd, SocketAddress& peer, std::string& payload) {
    static char bytes[65536];
    peer.length = SocketAddress::capacity;
    const ssize_t size = recvfrom(fd, bytes, sizeof bytes, 0, peer.raw(), &peer.length);
    if (size < 0) return false;
    payload.assign(bytes, static_cast<std::size_t>(size));
    return true;
}

bool tell(int fd, const SocketAddress& peer, const std::string& payload) {
    const std::string reply = told(peer) + payload;
    return sendto(fd, reply.data(), reply.size(), 0, peer.raw(), peer.length) >= 0;
}

}  // namespace

int converse(int count) {
    std::vector<pollfd> open;
    if (count > 0) open.push_back({.fd = 0, .events = POLLIN, .revents = 0});
    while (!open.empty()) {
        if (poll(open.data(), open.size(), -1) < 0) return 1;
        for (std::size_t i = 0; i < open.size(); ++i) {
            if (open[i].revents == 0) continue;
            char bytes[4096];
            if (open[i].fd != 0) {
                const ssize_t size = read(open[i].fd, bytes, sizeof bytes);
                if (size > 0 &&
                    send(open[i].fd, bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL) == size)
                    continue;
                close(open[i].fd);
                open.erase(open.begin() + static_cast<std::ptrdiff_t>(i));
                break;
            }
            const int connection = accept4(0, nullptr, nullptr, SOCK_CLOEXEC);
            if (connection < 0) return 1;
            const std::string greeting =
                told(peer_address(connection)) + local_address(connection).str() + "\n";
            (void)!send(connection, greeting.data(), greeting.size(), MSG_NOSIGNAL);
            if (--count == 0) open.erase(open.begin());
            open.push_back({.fd = connection, .events = POLLIN, .revents = 0});
            break;
        }
    }
    return 0;
}

int receive_and_tell(int count) {
    for (int i = 0; i < count; ++i) {
        SocketAddress peer;
        std::string payload;
        if (!receive(0, peer, payload)) return 1;
        tell(0, peer, payload);
    }
    return 0;
}

int answer_late() {
    sigset_t awaited;
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGUSR1);
    sigprocmask(SIG_BLOCK, &awaited, nullptr);
    SocketAddress peer;
    std::string payload;
    int signal = 0;
    if (!receive(0, peer, payload) || sigwait(&awaited, &signal) != 0) return 1;
    return tell(0, peer, payload) ? 0 : 2;
}

int swallow() {
    SocketAddress peer;
    std::string payload;
    return receive(0, peer, payload) ? 0 : 1;
}

int answer_aside() {
    SocketAddress peer;
    std::string payload;
    if (!receive(0, peer, payload)) return 1;
    const int own = socket(peer.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (connect(own, peer.raw(), peer.length) < 0 || !tell(own, peer, payload)) return 2;
    SocketAddress again;
    if (!receive(own, again, payload) || !tell(own, again, payload)) return 3;
    return close(own);
}

}  // namespace minetd
