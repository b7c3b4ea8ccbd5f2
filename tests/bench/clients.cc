// SPDX-License-Identifier: ISC

#include "tests/bench/clients.h"

#include <arpa/inet.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace minetd::bench {

namespace {

constexpr unsigned sources = 250;
constexpr std::size_t longest_answer = 65536;
constexpr auto stuck_after = std::chrono::seconds(1);

}  // namespace

Clients::Clients(const Load& load)
    : load_(load), epoll_(epoll_create1(EPOLL_CLOEXEC)), clients_(load.clients) {
    if (!epoll_) throw std::system_error(errno, std::generic_category(), "epoll_create1");
}

void Clients::start() {
    for (Client& client : clients_) begin(client);
}

void Clients::run(Clock::time_point until, bool counted) {
    counted_ = counted;
    while (!everybody_answered() && !enough()) {
        const auto now = Clock::now();
        if (now >= until) return;
        leave(now);
        const auto next = staying_.empty() ? until : std::min(until, staying_.front().first);
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - now);
        handle(static_cast<int>(left.count()));
    }
}

void Clients::look() {
    for (int rounds = 0; rounds < 4; ++rounds) handle(0);
}

std::size_t Clients::connected() const {
    return static_cast<std::size_t>(
        std::count_if(clients_.begin(), clients_.end(),
                      [](const Client& client) { return client.answered && client.socket; }));
}

unsigned Clients::stuck(Clock::time_point now) const {
    return static_cast<unsigned>(
        std::count_if(clients_.begin(), clients_.end(), [&](const Client& client) {
            return !client.answered && client.started + stuck_after <= now;
        }));
}

void Clients::handle(int milliseconds) {
    std::array<epoll_event, 256> events;
    const int ready =
        epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), milliseconds);
    for (int event = 0; event < ready; ++event) {
        const auto at = static_cast<std::size_t>(event);
        step(clients_[events[at].data.u64], events[at].events);
    }
}

void Clients::leave(Clock::time_point now) {
    while (!staying_.empty() && staying_.front().first <= now) {
        staying_.front().second->socket.reset();
        staying_.pop_front();
    }
}

bool Clients::enough() const {
    return load_.enough != 0 && counted_ && latency.count() + errors >= load_.enough;
}

void Clients::begin(Client& client) {
    client.answer.clear();
    client.received = 0;
    client.sent = false;
    client.started = Clock::now();
    client.socket = UniqueFd(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!client.socket) throw std::system_error(errno, std::generic_category(), "socket");
    const int fd = client.socket.get();
    if (load_.many_sources) bind_source(fd);
    if (connect(fd, reinterpret_cast<const sockaddr*>(&load_.server), sizeof load_.server) != 0 &&
        errno != EINPROGRESS)
        throw std::system_error(errno, std::generic_category(), "connect");
    // Edge-triggered: one registration serves the connection from the handshake to the end.
    epoll_event interest{};
    interest.events = EPOLLIN | EPOLLRDHUP | EPOLLET;
    if (load_.exchange != Exchange::expect) interest.events |= EPOLLOUT;
    interest.data.u64 = static_cast<std::uint64_t>(&client - clients_.data());
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &interest) != 0)
        throw std::system_error(errno, std::generic_category(), "epoll_ctl");
}

void Clients::bind_source(int fd) {
    const int on = 1;
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    sockaddr_in source{};
    source.sin_family = AF_INET;
    source.sin_addr.s_addr = htonl((127U << 24) + (1U << 8) + 1 + next_source_++ % sources);
    if (bind(fd, reinterpret_cast<const sockaddr*>(&source), sizeof source) != 0)
        throw std::system_error(errno, std::generic_category(), "bind to 127.0.1.x");
}

void Clients::step(Client& client, std::uint32_t events) {
    if (!client.socket) return;
    if (load_.exchange == Exchange::expect) return read_to_the_end(client, events);
    if (load_.exchange == Exchange::ask && client.answered) return;
    if (!client.sent && (events & EPOLLOUT) != 0 && !say(client)) return;
    if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLERR | EPOLLHUP)) == 0) return;
    load_.exchange == Exchange::ask ? read_answer(client) : read_line(client);
}

bool Clients::say(Client& client) {
    return load_.exchange == Exchange::ask ? send_all(client, load_.request) : send_line(client);
}

bool Clients::send_all(Client& client, std::string_view bytes) {
    const ssize_t sent =
        send(client.socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent != static_cast<ssize_t>(bytes.size())) {
        fail(client, sent < 0 ? std::strerror(errno) : "a short send");
        return false;
    }
    client.sent = true;
    return true;
}

void Clients::read_answer(Client& client) {
    std::array<char, 8192> bytes;
    for (;;) {
        const ssize_t got = recv(client.socket.get(), bytes.data(), bytes.size(), 0);
        if (got < 0 && errno == EAGAIN) return;
        if (got < 0) return fail(client, std::strerror(errno));
        if (got == 0) return fail(client, "closed before the reply");
        client.answer.append(bytes.data(), static_cast<std::size_t>(got));
        if (client.answer.find(load_.expected) != std::string::npos) break;
        if (client.answer.size() > longest_answer) return fail(client, "wrong bytes");
    }
    succeed(client);
    next_connection(client);
}

void Clients::read_to_the_end(Client& client, std::uint32_t events) {
    std::array<char, 256> bytes;
    for (;;) {
        const ssize_t got = recv(client.socket.get(), bytes.data(), bytes.size(), 0);
        if (got < 0 && errno == EAGAIN) return;
        if (got < 0) return fail(client, std::strerror(errno));
        if (got == 0) break;
        const std::string_view chunk(bytes.data(), static_cast<std::size_t>(got));
        if (load_.expected.compare(client.received, chunk.size(), chunk) != 0)
            return fail(client, "wrong bytes");
        client.received += chunk.size();
        // The end has not come yet: its own event will say so.
        if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) == 0) return;
    }
    if (client.received != load_.expected.size()) return fail(client, "a short reply");
    succeed(client);
    client.socket.reset();
    next_connection(client);
}

bool Clients::send_line(Client& client) {
    std::uint64_t number = ++lines_ * 0x9e3779b97f4a7c15U;
    for (std::size_t at = 0; at + 1 < line_size; ++at) {
        client.line[at] = static_cast<char>('a' + (number >> (at % 32)) % 16);
    }
    client.line[line_size - 1] = '\n';
    return send_all(client, {client.line.data(), line_size});
}

void Clients::read_line(Client& client) {
    std::array<char, line_size + 1> bytes;  // one more: a byte too many is seen
    const ssize_t got = recv(client.socket.get(), bytes.data(), bytes.size(), 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got < 0) return fail(client, std::strerror(errno));
    if (got == 0) return fail(client, "closed before the reply");
    const auto count = static_cast<std::size_t>(got);
    if (count > line_size - client.received ||
        std::memcmp(client.line.data() + client.received, bytes.data(), count) != 0)
        return fail(client, "wrong bytes");
    client.received += count;
    if (client.received < line_size) return;
    succeed(client);
    next_line(client);
}

void Clients::next_line(Client& client) {
    if (load_.exchange != Exchange::keepalive) return next_connection(client);
    client.received = 0;
    client.started = Clock::now();
    send_line(client);
}

void Clients::next_connection(Client& client) {
    if (once()) return finish(client);
    client.socket.reset();
    begin(client);
}

void Clients::finish(Client& client) {
    client.answered = true;
    ++answered_;
    if (load_.stay <= 0) return;
    const std::chrono::duration<double> stay(load_.stay);
    staying_.emplace_back(Clock::now() + std::chrono::duration_cast<Clock::duration>(stay),
                          &client);
}

void Clients::succeed(const Client& client) {
    if (!counted_) return;
    const std::chrono::nanoseconds taken = Clock::now() - client.started;
    latency.add(static_cast<std::uint64_t>(taken.count()));
}

void Clients::fail(Client& client, const char* what) {
    if (errors++ == 0) first_error = what;
    client.socket.reset();
    if (!once()) return begin(client);
    if (!client.answered) ++answered_;
    client.answered = true;
}

}  // namespace minetd::bench
