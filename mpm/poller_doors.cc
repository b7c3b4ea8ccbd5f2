// SPDX-License-Identifier: ISC
// The doors of a Poller: when it listens, whom it takes, who has to wait.
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <iterator>
#include <utility>

#include "daemon/os/socket.h"
#include "mpm/poller_session.h"
#include "mpm/reception.h"

namespace minetd {
namespace {

constexpr int accept_batch = 32, datagram_batch = 32;
constexpr Milliseconds shortage_pause = 100;
/// Between two requests for less than this is not idle.
constexpr Milliseconds least_idle = 1000;
constexpr auto relaxed = std::memory_order_relaxed;

}  // namespace

void Poller::accept_from(const ListeningSocket& socket, unsigned line) noexcept {
    last_use_.store(now_.load(relaxed), relaxed);
    if (spec_.is_datagram()) {
        const Held held(*this);
        Scoreboard::ThreadLine& own =
            process_.seat().scoreboard->thread(process_.seat().slot, line);
        process_.took(static_cast<unsigned>(datagrams_->serve(socket, datagram_batch, own)));
        inquiring_.store(datagrams_->holds(), relaxed);
        return;
    }
    // This connection woke nobody else: it is taken, even if it is one too many.
    if (capacity_.full()) {
        const Held held(*this);
        make_room();
    }
    for (int i = 0; i < accept_batch; ++i) {
        if (i > 0 && (process_.exhausted() || capacity_.full() || process_.at_limit())) return;
        // Who serves the sockets next may have made them block (`wait`).
        if (process_.draining() && !is_readable(socket.fd)) return;
        Arrival arrival;
        arrival.socket = &socket;
        arrival.peer.length = SocketAddress::capacity;
        arrival.connection =
            UniqueFd(::accept4(socket.fd, arrival.peer.raw(), &arrival.peer.length, SOCK_CLOEXEC));
        if (!arrival.connection) {
            // On a socket that listens no more, too, trying again at once would only burn.
            if (is_shortage(errno) || errno == EINVAL)
                paused_until_.store(now_.load(relaxed) + shortage_pause, relaxed);
            if (errno == ECONNABORTED || errno == EINTR || errno == EPROTO) continue;
            return;
        }
        process_.seat().scoreboard->accessed(process_.seat().slot, line);
        process_.took(1);
        if (!open(std::move(arrival), line)) return;
    }
}

/// False when the connection has to wait until another one ends; it is kept.
bool Poller::open(Arrival arrival, unsigned line) noexcept {
    if (ask(arrival)) return true;
    const int fd = arrival.connection.get();
    const SocketAddress peer = arrival.peer;
    Claim claim = 0;
    if (const Guard* guard = process_.admit(fd, peer, arrival.answers, now_, claim)) {
        if (!process_.waits(*guard)) return process_.refuse(fd, peer, *guard), true;
        const Held held(*this);
        waiting_.push_back(std::move(arrival));
        at_limit_.store(true, relaxed);
        return false;
    }
    const SocketAddress local = process_.local_end(fd, *arrival.socket);
    auto* const session = new Session(std::move(arrival.connection), peer, local, process_, now_);
    session->claim = claim;
    session->stepping = true;
    session->began_us = monotonic_us();
    sessions_.fetch_add(1, relaxed);
    capacity_.take();
    process_.receive(fd, peer);
    step(*session, line, &Conversation::begin);
    return true;
}

/// True: somebody is asked about the peer, and until he answers the connection waits there.
bool Poller::ask(Arrival& arrival) noexcept {
    if (!asking_ || std::exchange(arrival.asked, true)) return false;
    const Asked asked = ask_about(process_.admission(), arrival.connection.get(), arrival.peer);
    if (!asked.needed) return false;
    const Held held(*this);
    const Milliseconds until = now_.load(relaxed) + process_.admission()->patience();
    if (!asking_->add(arrival, UniqueFd(asked.reply), until)) return false;
    inquiring_.fetch_add(1, relaxed);
    capacity_.take();
    return true;
}

void Poller::admit_answered(unsigned line) noexcept {
    if (spec_.is_datagram()) {
        const Held held(*this);
        datagrams_->settle(process_.seat().scoreboard->thread(process_.seat().slot, line));
        inquiring_.store(datagrams_->holds(), relaxed);
        return;
    }
    for (;;) {
        std::optional<PendingAnswers<Arrival>::Answered> answered;
        {
            const Held held(*this);
            answered = asking_->take(now_.load(relaxed));
        }
        if (!answered) return;
        answered->connection.answers = answered->answers;
        capacity_.give_back();
        open(std::move(answered->connection), line);
        inquiring_.fetch_sub(1, relaxed);
    }
}

/// Those that another process was faster than: accepted, and so never lost.
void Poller::admit_waiting(unsigned line) noexcept {
    std::vector<Arrival> waiting;
    {
        const Held held(*this);
        waiting.swap(waiting_);
    }
    for (std::size_t i = 0; i < waiting.size(); ++i) {
        if (open(std::move(waiting[i]), line)) continue;
        const Held held(*this);
        std::move(waiting.begin() + static_cast<std::ptrdiff_t>(i) + 1, waiting.end(),
                  std::back_inserter(waiting_));
        return;
    }
}

/// Listens, or leaves the queue to others: at a limit, without descriptors, on the way out. True
/// when it has just stopped to listen.
bool Poller::update_doors() noexcept {
    const Held held(*this);
    capacity_.tell();
    if (!process_.draining() && capacity_.full()) make_room();
    const bool at_limit = !waiting_.empty() || (!process_.draining() && process_.at_limit());
    at_limit_.store(at_limit, relaxed);
    const bool open = !process_.draining() && !capacity_.full() && !at_limit &&
                      now_.load(relaxed) >= paused_until_.load(relaxed);
    if (open == doors_open_.load(relaxed)) return false;
    doors_open_.store(open, relaxed);
    for (const ListeningSocket& socket : process_.seat().sockets)
        epoll_.change(open ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, socket.fd, EPOLLIN | EPOLLEXCLUSIVE,
                      const_cast<ListeningSocket*>(&socket));
    return !open;
}

/// Another thread may have been woken for a connection that it does not find any more, and nobody
/// else was.
void Poller::sweep(unsigned line) noexcept {
    for (const ListeningSocket& socket : process_.seat().sockets) accept_from(socket, line);
}

/// Somebody waits, and no other server will come: the longest idle connection goes.
void Poller::make_room() noexcept {
    if (!process_.seat().scoreboard->exhausted()) return;
    auto* oldest = static_cast<Session*>(lists_.first(Phase::keep_alive));
    while (oldest != nullptr && (oldest->stepping || oldest->expired))
        oldest = static_cast<Session*>(oldest->after);
    if (oldest == nullptr || now_.load(relaxed) - oldest->clock.since() < least_idle) return;
    for (const ListeningSocket& socket : process_.seat().sockets) {
        pollfd item{.fd = socket.fd, .events = POLLIN, .revents = 0};
        if (::poll(&item, 1, 0) > 0) return expire(*oldest);
    }
}

}  // namespace minetd
