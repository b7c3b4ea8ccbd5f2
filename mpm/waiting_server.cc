// SPDX-License-Identifier: ISC
// A program's server while it waits for its client: a child on its keeper's memory, so raw system
// calls only, and no write outside its own slots and the shared counts.
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/prctl.h>

#include <csignal>

#include "daemon/os/raw_syscall.h"
#include "mpm/prefork.h"
#include "mpm/reception.h"

namespace minetd {
namespace {

using raw::syscall;

/// Every server has its own epoll: with EPOLLEXCLUSIVE a connection wakes exactly one of them.
long watch(const WaitingSeat& seat) noexcept {
    const long epoll = syscall(SYS_epoll_create1, EPOLL_CLOEXEC);
    if (epoll < 0) return epoll;
    epoll_event event{};
    for (std::size_t i = 0; i <= seat.sockets.size(); ++i) {
        const bool retire = i == seat.sockets.size();
        // A retirement is for as many as there are units, and rare: all look.
        event.events = retire ? EPOLLIN : EPOLLIN | EPOLLEXCLUSIVE;
        event.data.fd = retire ? -1 : static_cast<int>(i);
        const int fd = retire ? seat.retire_fd : seat.sockets[i].fd;
        const long result = syscall(SYS_epoll_ctl, epoll, EPOLL_CTL_ADD, fd, &event);
        if (result < 0) return result;
    }
    return epoll;
}

constexpr Milliseconds pause = 20;

void nap(Milliseconds time) noexcept {
    const timespec length{.tv_sec = 0, .tv_nsec = time * 1'000'000};
    syscall(SYS_nanosleep, &length, nullptr);
}

const Guard* admit(LaunchSlot& slot, WaitingServer& server) noexcept {
    const WaitingSeat& seat = *server.seat;
    if (seat.admission == nullptr) return nullptr;
    const auto self = static_cast<pid_t>(syscall(SYS_getpid));
    Visitor visitor = visitor_of(slot.socket, slot.peer);
    visitor.answers = find_out(seat.admission, slot.socket, slot.peer);
    const auto decide = [&] {
        return seat.admission->admit(visitor, monotonic_ms(), self, server.claim);
    };
    const Guard* guard = decide();
    if (guard == nullptr || !seat.admission->waits(*guard)) return guard;
    // At the limit one more server would only wait as well: until then this one is a spare.
    seat.scoreboard->idle(server.slot);
    do {
        nap(seat.poll);
        guard = decide();
    } while (guard != nullptr && seat.admission->waits(*guard));
    seat.scoreboard->busy(server.slot);
    return guard;
}

/// As one that others cannot count on: asking about a peer may take its time.
void become_busy(const LaunchSlot& slot, const WaitingServer& server) noexcept {
    Scoreboard& board = *server.seat->scoreboard;
    board.thread(server.slot, 0).began.store(slot.began_us / 1000, std::memory_order_relaxed);
    board.busy(server.slot);
}

/// Takes a connection from the socket that has one; false when another server was faster.
bool accept_from(LaunchSlot& slot, const ListeningSocket& socket) noexcept {
    slot.peer.length = SocketAddress::capacity;
    const long fd =
        syscall(SYS_accept4, socket.fd, slot.peer.raw(), &slot.peer.length, SOCK_CLOEXEC);
    if (fd < 0) {
        // Without descriptors, or on a socket that listens no more, trying at once would only burn.
        if (is_shortage(static_cast<int>(-fd)) || fd == -EINVAL) nap(pause);
        return false;
    }
    slot.socket = static_cast<int>(fd);
    if (socket.specific) {
        slot.local = socket.address;
        slot.local_known = true;
    }
    return true;
}

}  // namespace

bool wait_for_client(LaunchSlot& slot) noexcept {
    WaitingServer& server = *static_cast<WaitingServer*>(slot.context);
    const WaitingSeat& seat = *server.seat;
    // Nobody would count or stop a server whose keeper died: it ends with it, until it is the
    // program. One that died before it could be said has left it to another.
    syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
    if (syscall(SYS_getppid) != seat.keeper) return false;
    const long epoll = watch(seat);
    if (epoll < 0) {
        slot.error = static_cast<int>(-epoll);
        return false;
    }
    seat.scoreboard->idle(server.slot);
    for (;;) {
        epoll_event event;
        const long count = syscall(SYS_epoll_pwait, epoll, &event, 1, -1, nullptr, 0);
        if (count <= 0) continue;
        if (event.data.fd < 0) {
            std::uint64_t unit;
            if (syscall(SYS_read, seat.retire_fd, &unit, sizeof unit) > 0) return false;
            continue;
        }
        if (!accept_from(slot, seat.sockets[static_cast<std::size_t>(event.data.fd)])) continue;
        slot.began_us = monotonic_us();
        become_busy(slot, server);
        if (const Guard* guard = admit(slot, server)) {
            turn_away(seat.admission, slot.socket, slot.peer);
            syscall(SYS_close, slot.socket);
            seat.refusals->put(guard, slot.peer);
            seat.scoreboard->idle(server.slot);
            seat.scoreboard->wake();
            continue;
        }
        welcome(seat.admission, slot.socket, slot.peer);
        syscall(SYS_prctl, PR_SET_PDEATHSIG, 0);
        seat.scoreboard->accessed(server.slot);
        seat.scoreboard->note_peer(server.slot, 0, slot.peer);
        server.admitted.store(true, std::memory_order_release);
        if (seat.announce) seat.scoreboard->wake();
        return true;
    }
}

}  // namespace minetd
