// SPDX-License-Identifier: ISC
// An echo in two ways.

#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

#include "daemon/os/unique_fd.h"
#include "tests/bench/limit.h"

namespace minetd::bench {

namespace {

constexpr unsigned processes = 64;

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

}  // namespace

void serve_echo_epoll_1(int listener, char**) {
    const UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
    epoll_event interest{};
    interest.events = EPOLLIN;
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
            interest.data.fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
            check(interest.data.fd >= 0, "accept4");
            check(epoll_ctl(epoll.get(), EPOLL_CTL_ADD, interest.data.fd, &interest) == 0,
                  "epoll_ctl");
        }
    }
}

void serve_echo_procs(int listener, char**) {
    for (unsigned process = 0; process < processes; ++process) {
        const pid_t pid = fork();
        check(pid >= 0, "fork");
        if (pid != 0) continue;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        echo_for_ever(listener);
    }
    while (wait(nullptr) > 0) continue;
}

}  // namespace minetd::bench
