// SPDX-License-Identifier: ISC
#include "mpm/prefork.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sysexits.h>

#include <algorithm>
#include <csignal>

#include "mpm/serve_loop.h"
#include "mpm/stream_session.h"

namespace minetd {
namespace {

constexpr int tick = 1000;
/// Connections taken without looking at the control channel in between.
constexpr unsigned most_in_a_turn = 32;
constexpr int datagram_batch = 32;
constexpr int pass_patience = 5000;
constexpr int shortage_pause = 100, queue_pause = 10;

class Prefork : private ServeLoop {
  public:
    explicit Prefork(ServerSeat seat);
    int run();

  private:
    using Wants = StreamSession::Wants;

    /// Serves what waits in a socket that has something.
    void serve_from(const ListeningSocket& socket);
    void serve(UniqueFd connection, const SocketAddress& peer, const ListeningSocket& socket);
    bool admitted(int connection, const SocketAddress& peer, Claim& claim);
    Wants pass(StreamSession& session);
    void on_control();
    bool retired() const noexcept;

    unsigned take_ = 1;  ///< connections to take in one turn; grows while they keep coming
    std::uint64_t served_ = 0;
};

Prefork::Prefork(ServerSeat seat) : ServeLoop(std::move(seat)) {
    // Exclusive: a connection wakes one idle server, not all of them.
    for (ListeningSocket& socket : seat_.sockets)
        watch(socket.fd, EPOLLIN | EPOLLEXCLUSIVE, &socket, EPOLL_CTL_ADD);
}

bool Prefork::retired() const noexcept {
    return draining_ || (spec_.pool.max_connections_per_child != 0 &&
                         served_ >= spec_.pool.max_connections_per_child);
}

int Prefork::run() {
    reporter_.ready();
    seat_.scoreboard->idle(seat_.slot);
    while (!retired()) {
        epoll_event events[8];
        const int count = ::epoll_wait(epoll_.get(), events, 8, reporter_.holds() ? tick : -1);
        // The sockets take turns, so that a flood on one does not starve the others.
        for (int i = 0; i < count && !draining_; ++i) {
            if (events[i].data.ptr == &seat_.control)
                on_control();
            else
                serve_from(*static_cast<const ListeningSocket*>(events[i].data.ptr));
        }
        if (reporter_.holds()) reporter_.flush(monotonic_ms());
    }
    reporter_.finish();
    return EX_OK;
}

void Prefork::serve_from(const ListeningSocket& socket) {
    if (spec_.is_datagram()) {
        seat_.scoreboard->busy(seat_.slot);
        served_ += static_cast<unsigned>(datagrams_.serve(socket, datagram_batch));
        seat_.scoreboard->idle(seat_.slot);
        return;
    }
    // Asking until nothing is left costs a call; where connections come one by one it is spared.
    const unsigned most = take_;
    take_ = 1;
    for (unsigned i = 0; i < most && !retired(); ++i) {
        SocketAddress peer;
        peer.length = SocketAddress::capacity;
        UniqueFd connection(::accept4(socket.fd, peer.raw(), &peer.length, SOCK_CLOEXEC));
        if (!connection) {
            if (is_shortage(errno)) ::poll(nullptr, 0, shortage_pause);
            return;
        }
        seat_.scoreboard->busy(seat_.slot);
        serve(std::move(connection), peer, socket);
        ++served_;
        seat_.scoreboard->idle(seat_.slot);
    }
    take_ = std::min(2 * most, most_in_a_turn);
}

bool Prefork::admitted(int connection, const SocketAddress& peer, Claim& claim) {
    for (;;) {
        const Guard* guard = admit(connection, peer, monotonic_ms(), claim);
        if (guard == nullptr) return true;
        if (!guard->waits || spec_.limits.overflow != Overflow::queue) {
            reporter_.refused(guard->reason, peer);
            return false;
        }
        // What was accepted is never lost: it waits until another session ends.
        ::poll(nullptr, 0, queue_pause);
    }
}

void Prefork::serve(UniqueFd connection, const SocketAddress& peer, const ListeningSocket& socket) {
    Claim claim = 0;
    const int fd = connection.get();
    if (!admitted(fd, peer, claim)) return;
    reporter_.started(peer);
    const std::int64_t began = reporter_.wants(Record::Kind::exit) ? monotonic_us() : 0;

    StreamSession session(std::move(connection), peer, local_end(fd, socket), *handler_,
                          spec_.idle_timeout);
    unsigned turns = 0;  // waits for input
    Wants wants = session.begin();
    while (wants != Wants::end) {
        if (wants == Wants::passing) {
            wants = pass(session);
            continue;
        }
        const unsigned timeout = session.timeout();
        if (wants == Wants::input && !session.lingering() && ++turns > 1) {
            // A conversation: the call that waits brings the bytes as well.
            if (turns == 2) session.set_receive_timeout();
            wants = session.await_input();
            continue;
        }
        short events = 0;
        if (wants != Wants::output) events |= POLLIN;
        if (wants != Wants::input) events |= POLLOUT;
        pollfd item{.fd = fd, .events = events, .revents = 0};
        const int ready = ::poll(&item, 1, timeout == 0 ? -1 : static_cast<int>(timeout) * 1000);
        if (ready == 0 || (ready < 0 && errno != EINTR)) break;
        wants = session.resume();
    }
    release(claim);
    reporter_.ended(peer, began);
}

Prefork::Wants Prefork::pass(StreamSession& session) {
    ControlMessage message;
    message.kind = ControlMessage::Kind::pass;
    message.number = 1;
    message.set_text(session.connection().passed_to());
    if (!send_control(seat_.control, message, session.fd())) return session.declined();
    for (;;) {
        pollfd item{.fd = seat_.control.fd(), .events = POLLIN, .revents = 0};
        if (::poll(&item, 1, pass_patience) <= 0) return Wants::end;
        UniqueFd attached;
        ControlMessage answer;
        const Channel::Received received = receive_control(seat_.control, answer, attached);
        if (received == Channel::Received::nothing) continue;
        if (received == Channel::Received::end) return session.declined();
        if (answer.kind == ControlMessage::Kind::drain) draining_ = true;
        if (answer.kind == ControlMessage::Kind::passed) return Wants::end;
        if (answer.kind == ControlMessage::Kind::declined) return session.declined();
    }
}

void Prefork::on_control() {
    ControlMessage message;
    UniqueFd attached;
    for (;;) {
        switch (receive_control(seat_.control, message, attached)) {
            case Channel::Received::nothing:
                return;
            case Channel::Received::end:
                draining_ = true;
                return;
            case Channel::Received::message:
                if (message.kind == ControlMessage::Kind::drain) draining_ = true;
        }
    }
}

}  // namespace

int serve_prefork(ServerSeat seat) {
    return Prefork(std::move(seat)).run();
}

}  // namespace minetd
