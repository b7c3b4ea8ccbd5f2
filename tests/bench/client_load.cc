// SPDX-License-Identifier: ISC

#include "tests/bench/client_load.h"

#include <arpa/inet.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string_view>
#include <system_error>
#include <vector>

#include "daemon/os/unique_fd.h"
#include "tests/bench/processors.h"

namespace minetd::bench {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t line_size = 64;
constexpr unsigned sources = 250;

double own_cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

struct Client {
    UniqueFd socket;
    Clock::time_point started;
    std::array<char, line_size> line{};
    std::size_t received = 0;
    bool sent = false;
    bool answered = false;  ///< Exchange::hold: this client has had its exchange
};

class Clients {
  public:
    explicit Clients(const Load& load)
        : load_(load), epoll_(epoll_create1(EPOLL_CLOEXEC)), clients_(load.clients) {
        if (!epoll_) throw std::system_error(errno, std::generic_category(), "epoll_create1");
    }

    void start() {
        for (Client& client : clients_) begin(client);
    }

    /// Serves events until `until`, or until there have been enough exchanges, or until a held one
    /// has been had by everybody.
    void run(Clock::time_point until, bool counted) {
        counted_ = counted;
        while (!everybody_answered() && !enough()) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
            if (left.count() <= 0) return;
            std::array<epoll_event, 256> events;
            const int ready =
                epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                           static_cast<int>(left.count()));
            for (int event = 0; event < ready; ++event) {
                const auto at = static_cast<std::size_t>(event);
                step(clients_[events[at].data.u64], events[at].events);
            }
        }
    }

    Latency latency;
    std::uint64_t errors = 0;
    std::string first_error;

  private:
    bool everybody_answered() const {
        return load_.exchange == Exchange::hold && answered_ == clients_.size();
    }

    bool enough() const {
        return load_.enough != 0 && counted_ && latency.count() + errors >= load_.enough;
    }

    void begin(Client& client) {
        client.received = 0;
        client.sent = false;
        client.started = Clock::now();
        client.socket = UniqueFd(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        if (!client.socket) throw std::system_error(errno, std::generic_category(), "socket");
        const int fd = client.socket.get();
        if (load_.many_sources) bind_source(fd);
        if (connect(fd, reinterpret_cast<const sockaddr*>(&load_.server), sizeof load_.server) !=
                0 &&
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

    void bind_source(int fd) {
        const int on = 1;
        setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
        sockaddr_in source{};
        source.sin_family = AF_INET;
        source.sin_addr.s_addr = htonl((127U << 24) + (1U << 8) + 1 + next_source_++ % sources);
        if (bind(fd, reinterpret_cast<const sockaddr*>(&source), sizeof source) != 0)
            throw std::system_error(errno, std::generic_category(), "bind to 127.0.1.x");
    }

    void step(Client& client, std::uint32_t events) {
        if (!client.socket) return;
        if (load_.exchange == Exchange::expect) return read_to_the_end(client, events);
        if (!client.sent && (events & EPOLLOUT) != 0 && !send_line(client)) return;
        if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLERR | EPOLLHUP)) != 0) read_line(client);
    }

    void read_to_the_end(Client& client, std::uint32_t events) {
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
        begin(client);
    }

    // Every line is another one, so that a reply meant for somebody else cannot pass.
    bool send_line(Client& client) {
        std::uint64_t number = ++lines_ * 0x9e3779b97f4a7c15U;
        for (std::size_t at = 0; at + 1 < line_size; ++at) {
            client.line[at] = static_cast<char>('a' + (number >> (at % 32)) % 16);
        }
        client.line[line_size - 1] = '\n';
        const ssize_t sent = send(client.socket.get(), client.line.data(), line_size, MSG_NOSIGNAL);
        if (sent != static_cast<ssize_t>(line_size)) {
            fail(client, sent < 0 ? std::strerror(errno) : "a short send");
            return false;
        }
        client.sent = true;
        return true;
    }

    void read_line(Client& client) {
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

    void next_line(Client& client) {
        switch (load_.exchange) {
            case Exchange::keepalive:
                client.received = 0;
                client.started = Clock::now();
                send_line(client);
                return;
            case Exchange::hold:
                client.answered = true;
                ++answered_;
                return;
            case Exchange::expect:
            case Exchange::echo:
                client.socket.reset();
                begin(client);
                return;
        }
    }

    void succeed(const Client& client) {
        if (!counted_) return;
        const std::chrono::nanoseconds taken = Clock::now() - client.started;
        latency.add(static_cast<std::uint64_t>(taken.count()));
    }

    // An exchange that fails before the count starts is an error as well: a server must not need
    // warming up to be right. A held client does not come back, everybody else tries again.
    void fail(Client& client, const char* what) {
        if (errors++ == 0) first_error = what;
        client.socket.reset();
        if (load_.exchange != Exchange::hold) return begin(client);
        if (!client.answered) ++answered_;
        client.answered = true;
    }

    const Load& load_;
    UniqueFd epoll_;
    std::vector<Client> clients_;
    std::uint64_t lines_ = 0;
    std::size_t answered_ = 0;
    unsigned next_source_ = 0;
    bool counted_ = false;
};

}  // namespace

Outcome drive(const Load& load, const CpuAccount* server) {
    const auto seconds = [](double value) {
        return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(value));
    };
    Clients clients(load);
    const bool hold = load.exchange == Exchange::hold;
    if (!hold) {
        clients.start();
        clients.run(Clock::now() + seconds(load.warm_up), false);
    }
    Outcome outcome;
    const auto start = Clock::now();
    const double client_before = own_cpu_seconds();
    const double server_before = server != nullptr ? server->seconds() : 0;
    const double machine_before = machine_cpu_seconds();
    if (hold) clients.start();
    clients.run(start + seconds(load.measured), true);
    outcome.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    outcome.client_seconds = own_cpu_seconds() - client_before;
    outcome.server_seconds = server != nullptr ? server->seconds() - server_before : 0;
    outcome.machine_seconds = machine_cpu_seconds() - machine_before;
    outcome.latency = clients.latency;
    outcome.errors = clients.errors;
    outcome.first_error = clients.first_error;
    return outcome;
}

}  // namespace minetd::bench
