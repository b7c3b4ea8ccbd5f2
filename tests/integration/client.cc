// SPDX-License-Identifier: ISC
#include "tests/integration/client.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace minetd {

bool comes_true(const std::function<bool()>& reached) {
    constexpr int pause_ms = 10;
    for (int waited = 0; waited < patience_ms; waited += pause_ms) {
        if (reached()) return true;
        ::poll(nullptr, 0, pause_ms);
    }
    return reached();
}

SocketAddress address_of(std::string_view host, std::uint16_t port) {
    SocketAddress address;
    const std::string text(host);
    if (inet_pton(AF_INET, text.c_str(), &address.v4.sin_addr) == 1) {
        address.v4.sin_family = AF_INET;
        address.v4.sin_port = htons(port);
        address.length = sizeof(sockaddr_in);
    } else if (inet_pton(AF_INET6, text.c_str(), &address.v6.sin6_addr) == 1) {
        address.v6.sin6_family = AF_INET6;
        address.v6.sin6_port = htons(port);
        address.length = sizeof(sockaddr_in6);
    } else {
        throw std::invalid_argument("not a numeric address: " + text);
    }
    return address;
}

SocketAddress address_of_path(std::string_view path) {
    SocketAddress address;
    if (path.size() >= sizeof address.local.sun_path) throw std::invalid_argument("path too long");
    address.local.sun_family = AF_UNIX;
    std::memcpy(address.local.sun_path, path.data(), path.size());
    const bool abstract = !path.empty() && path.front() == '@';
    if (abstract) address.local.sun_path[0] = '\0';
    address.length =
        static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + (abstract ? 0 : 1));
    return address;
}

Client::Client(const SocketAddress& server, int type, const SocketAddress& from) {
    fd_.reset(socket(server.family(), type | SOCK_CLOEXEC, 0));
    if (!fd_) throw std::system_error(errno, std::generic_category(), "socket");
    const timeval patience{patience_ms / 1000, 0};
    setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (server.family() == AF_UNIX && type == SOCK_DGRAM) {
        // An autobound address, so that there is somewhere to answer to.
        sockaddr_un own{};
        own.sun_family = AF_UNIX;
        bind(fd_.get(), reinterpret_cast<const sockaddr*>(&own), sizeof own.sun_family);
    }
    if (from.length > 0 && bind(fd_.get(), from.raw(), from.length) != 0)
        throw std::system_error(errno, std::generic_category(), "bind to " + from.str());
    while (connect(fd_.get(), server.raw(), server.length) != 0) {
        if (errno == EINTR) continue;
        if (errno == ECONNREFUSED) {
            end_ = End::refused;
            return;
        }
        throw std::system_error(errno, std::generic_category(), "connect to " + server.str());
    }
}

void Client::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        } else if (errno == EPIPE || errno == ECONNRESET) {
            return;  // the reading side tells which end it was
        } else if (errno != EINTR) {
            throw std::system_error(errno, std::generic_category(), "send");
        }
    }
}

void Client::finish() {
    shutdown(fd_.get(), SHUT_WR);
}

bool Client::fill() {
    if (end_ != End::none) return false;
    char chunk[65536];
    ssize_t got = 0;
    do got = recv(fd_.get(), chunk, sizeof chunk, 0);
    while (got < 0 && errno == EINTR);
    if (got > 0) {
        buffer_.append(chunk, static_cast<std::size_t>(got));
        return true;
    }
    if (got == 0) {
        end_ = End::closed;
    } else if (errno == ECONNRESET) {
        end_ = End::reset;
    } else {
        throw std::system_error(errno, std::generic_category(), "nothing came; recv");
    }
    return false;
}

std::string Client::line() {
    while (buffer_.find('\n') == std::string::npos && fill()) {
    }
    const std::size_t newline = buffer_.find('\n');
    std::string result = buffer_.substr(0, newline == std::string::npos ? newline : newline + 1);
    buffer_.erase(0, result.size());
    return result;
}

std::string Client::rest() {
    while (fill()) {
    }
    return std::exchange(buffer_, {});
}

std::string Client::bytes(std::size_t count) {
    while (buffer_.size() < count && fill()) {
    }
    std::string result = buffer_.substr(0, count);
    buffer_.erase(0, result.size());
    return result;
}

std::string Client::say(std::string_view text) {
    send(std::string(text) + "\n");
    return line();
}

std::string Client::ask(std::string_view bytes) {
    send(bytes);
    finish();
    return rest();
}

std::string Client::receive() {
    std::string packet(65536, '\0');
    ssize_t got = 0;
    do got = recv(fd_.get(), packet.data(), packet.size(), 0);
    while (got < 0 && errno == EINTR);
    if (got < 0) throw std::system_error(errno, std::generic_category(), "no datagram came; recv");
    packet.resize(static_cast<std::size_t>(got));
    return packet;
}

Client client_from(std::string_view address, std::uint16_t port) {
    return Client(address_of("127.0.0.1", port), SOCK_STREAM, address_of(address, 0));
}

bool is_served(Client client) {
    return client.say("x") == "x\n";
}

}  // namespace minetd
