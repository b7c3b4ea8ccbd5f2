// SPDX-License-Identifier: ISC
// An echo in four ways.

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <system_error>
#include <thread>

#include "daemon/os/unique_fd.h"
#include "tests/bench/limit.h"

namespace minetd::bench {

namespace {

constexpr unsigned usual_servers = 64;

void check(bool good, const char* what) {
    if (!good) throw std::system_error(errno, std::generic_category(), what);
}

/// Sends back what is there; false at the end of the stream. A line fits into any socket buffer.
bool echo_once(int connection) {
    std::array<char, 4096> bytes;
    const ssize_t got = recv(connection, bytes.data(), bytes.size(), 0);
    return got > 0 &&
           send(connection, bytes.data(), static_cast<std::size_t>(got), MSG_NOSIGNAL) == got;
}

[[noreturn]] void echo_for_ever(int listener) {
    for (;;) {
        const UniqueFd connection(accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
        if (!connection) _exit(1);
        while (echo_once(connection.get())) continue;
    }
}

/// What the command line says, or what is usual.
unsigned server_count(char** arguments) {
    unsigned count = usual_servers;
    if (arguments == nullptr || *arguments == nullptr) return count;
    const char* const end = *arguments + std::strlen(*arguments);
    const auto parsed = std::from_chars(*arguments, end, count);
    if (parsed.ec != std::errc{} || parsed.ptr != end || count == 0)
        throw std::system_error(EINVAL, std::generic_category(), "the number of servers");
    return count;
}

/// `way` is how the listener waits: EPOLLEXCLUSIVE where several loops share it, which then must
/// not block.
[[noreturn]] void echo_on_epoll(int listener, unsigned way) {
    const UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
    epoll_event interest{};
    interest.events = EPOLLIN | way;
    interest.data.fd = listener;
    check(epoll_ctl(epoll.get(), EPOLL_CTL_ADD, listener, &interest) == 0, "epoll_ctl");
    for (;;) {
        std::array<epoll_event, 256> events;
        const int ready =
            epoll_wait(epoll.get(), events.data(), static_cast<int>(events.size()), -1);
        check(ready >= 0, "epoll_wait");
        for (int event = 0; event < ready; ++event) {
            const int fd = events[static_cast<std::size_t>(event)].data.fd;
            if (fd != listener) {
                if (!echo_once(fd)) close(fd);
                continue;
            }
            interest.events = EPOLLIN;
            interest.data.fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
            if (interest.data.fd < 0 && errno == EAGAIN) continue;  // another loop was faster
            check(interest.data.fd >= 0, "accept4");
            check(epoll_ctl(epoll.get(), EPOLL_CTL_ADD, interest.data.fd, &interest) == 0,
                  "epoll_ctl");
        }
    }
}

}  // namespace

void serve_echo_epoll_1(int listener, char**) {
    echo_on_epoll(listener, 0);
}

void serve_echo_epoll_2(int listener, char**) {
    check(fcntl(listener, F_SETFL, O_NONBLOCK) == 0, "fcntl");
    std::thread([listener] { echo_on_epoll(listener, EPOLLEXCLUSIVE); }).detach();
    echo_on_epoll(listener, EPOLLEXCLUSIVE);
}

void serve_echo_threads(int listener, char** arguments) {
    for (unsigned left = server_count(arguments); left > 1; --left)
        std::thread([listener] { echo_for_ever(listener); }).detach();
    echo_for_ever(listener);
}

void serve_echo_procs(int listener, char** arguments) {
    for (unsigned left = server_count(arguments); left > 0; --left) {
        const pid_t pid = fork();
        check(pid >= 0, "fork");
        if (pid != 0) continue;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        echo_for_ever(listener);
    }
    while (wait(nullptr) > 0) continue;
}

}  // namespace minetd::bench
