// SPDX-License-Identifier: ISC

#include "tests/bench/attack_load.h"

#include <arpa/inet.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <string_view>
#include <vector>

#include "daemon/os/unique_fd.h"
#include "tests/bench/client_load.h"

namespace minetd::bench {

namespace {

using Clock = std::chrono::steady_clock;

/// A tenth of the attackers has its turn in every tenth of a second.
constexpr unsigned turns = 10;
constexpr auto turn_length = std::chrono::milliseconds(1000 / turns);
constexpr unsigned sources = 250;
/// Then the last byte again and again.
constexpr std::string_view endless_request = "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: x";

struct Attacker {
    UniqueFd socket;
    std::size_t sent = 0;
};

void connect_again(Attacker& attacker, const sockaddr_in& server, int epoll, std::size_t number) {
    attacker.sent = 0;
    attacker.socket = UniqueFd(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const int fd = attacker.socket.get();
    const int on = 1;
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    sockaddr_in source{};
    source.sin_family = AF_INET;
    source.sin_addr.s_addr =
        htonl((127U << 24) + (1U << 8) + 1 + static_cast<std::uint32_t>(number % sources));
    epoll_event interest{};
    interest.events = EPOLLIN | EPOLLRDHUP;
    interest.data.u64 = number;
    const bool good =
        bind(fd, reinterpret_cast<const sockaddr*>(&source), sizeof source) == 0 &&
        (connect(fd, reinterpret_cast<const sockaddr*>(&server), sizeof server) == 0 ||
         errno == EINPROGRESS) &&
        epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &interest) == 0;
    if (!good) attacker.socket.reset();
}

void send_a_byte(Attacker& attacker) {
    const std::size_t at = std::min(attacker.sent, endless_request.size() - 1);
    if (send(attacker.socket.get(), &endless_request[at], 1, MSG_NOSIGNAL) == 1) ++attacker.sent;
}

/// Whether the server has closed; what it says is not listened to.
bool has_ended(const Attacker& attacker) {
    std::array<char, 4096> bytes;
    const ssize_t got = recv(attacker.socket.get(), bytes.data(), bytes.size(), 0);
    return got == 0 || (got < 0 && errno != EAGAIN);
}

}  // namespace

Attack::Attack(const Load& load)
    : load_(load), thread_([this](const std::stop_token& stop) { run(stop); }) {}

void Attack::run(const std::stop_token& stop) {
    const UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
    std::vector<Attacker> attackers(load_.attackers);
    auto next_turn = Clock::now();
    for (std::size_t turn = 0; !stop.stop_requested();) {
        const auto now = Clock::now();
        if (now >= next_turn) {
            for (std::size_t at = turn % turns; at < attackers.size(); at += turns) {
                if (!attackers[at].socket)
                    connect_again(attackers[at], load_.server, epoll.get(), at);
                else if (load_.trickle)
                    send_a_byte(attackers[at]);
            }
            ++turn;
            next_turn += turn_length;
            continue;
        }
        std::array<epoll_event, 256> events;
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(next_turn - now);
        const int ready = epoll_wait(epoll.get(), events.data(), static_cast<int>(events.size()),
                                     static_cast<int>(left.count()));
        for (int event = 0; event < ready; ++event) {
            Attacker& attacker = attackers[events[static_cast<std::size_t>(event)].data.u64];
            if (!has_ended(attacker)) continue;
            attacker.socket.reset();
            ++closed_;
        }
    }
}

}  // namespace minetd::bench
