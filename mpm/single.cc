// SPDX-License-Identifier: ISC
#include "mpm/single.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sysexits.h>

#include <algorithm>
#include <memory>
#include <unordered_map>

#include "mpm/serve_loop.h"
#include "mpm/stream_session.h"

namespace minetd {
namespace {

constexpr int accept_batch = 32, datagram_batch = 32;
constexpr Milliseconds idle_life = 30'000;  // without any connection
constexpr Milliseconds tick = 1000;
constexpr Milliseconds shortage_pause = 100;

class Single : private ServeLoop {
  public:
    explicit Single(ServerSeat seat) : ServeLoop(std::move(seat)) {}
    int run();

  private:
    using Wants = StreamSession::Wants;
    struct Session {
        Session(UniqueFd socket, const SocketAddress& peer, const SocketAddress& local,
                Handler& handler, unsigned timeout)
            : stream(std::move(socket), peer, local, handler, timeout) {}
        StreamSession stream;
        std::uint32_t watched = 0;  ///< epoll events; 0: none
        std::uint32_t request = 0;  ///< of a pass that the parent has not answered; 0: none
        Claim claim = 0;
        std::size_t index = 0;  ///< in sessions_
        std::int64_t began_us = 0;
        Milliseconds progress = 0;
    };

    void accept_from(const ListeningSocket& socket);
    void settle(Session& session, Wants wants);
    void end(Session& session);
    void ask_to_pass(Session& session);
    void on_control();
    void on_tick();
    void open_doors(bool open);
    bool full() const noexcept;

    std::vector<std::unique_ptr<Session>> sessions_;
    std::unordered_map<std::uint32_t, Session*> passing_;
    std::uint32_t last_request_ = 0;
    Milliseconds now_ = monotonic_ms(), next_tick_ = now_ + tick, last_use_ = now_,
                 paused_until_ = 0;
    bool doors_open_ = false;
};

bool Single::full() const noexcept {
    return spec_.limits.overflow == Overflow::queue && spec_.limits.instances &&
           seat_.ledger != nullptr && seat_.ledger->running() >= *spec_.limits.instances;
}

void Single::open_doors(bool open) {
    if (open == doors_open_) return;
    doors_open_ = open;
    for (ListeningSocket& socket : seat_.sockets)
        watch(socket.fd, EPOLLIN, &socket, open ? EPOLL_CTL_ADD : EPOLL_CTL_DEL);
}

int Single::run() {
    open_doors(true);
    reporter_.ready();
    epoll_event events[128];
    for (;;) {
        // Without a session there is nothing to time but the process's own end.
        const bool timed = !sessions_.empty() || !doors_open_ || reporter_.holds();
        const Milliseconds until = timed ? next_tick_ : std::max(next_tick_, last_use_ + idle_life);
        const int wait = static_cast<int>(std::max<Milliseconds>(0, until - now_));
        const int count = ::epoll_wait(epoll_.get(), events, 128, wait);
        now_ = monotonic_ms();
        for (int i = 0; i < count; ++i) {
            void* const tag = events[i].data.ptr;
            if (tag == &seat_.control) {
                on_control();
                continue;
            }
            const auto door =
                std::find_if(seat_.sockets.begin(), seat_.sockets.end(),
                             [&](const ListeningSocket& socket) { return tag == &socket; });
            if (door == seat_.sockets.end()) {
                Session& session = *static_cast<Session*>(tag);
                session.progress = now_;
                settle(session, session.stream.resume());
            } else if (spec_.is_datagram()) {
                last_use_ = now_;
                datagrams_.serve(*door, datagram_batch);
            } else {
                accept_from(*door);
            }
        }
        if (now_ >= next_tick_) on_tick();
        if (sessions_.empty() && (draining_ || now_ - last_use_ >= idle_life)) return EX_OK;
        open_doors(!draining_ && now_ >= paused_until_ && !full());
    }
}

void Single::accept_from(const ListeningSocket& socket) {
    for (int i = 0; i < accept_batch && !full(); ++i) {
        SocketAddress peer;
        peer.length = SocketAddress::capacity;
        UniqueFd connection(::accept4(socket.fd, peer.raw(), &peer.length, SOCK_CLOEXEC));
        if (!connection) {
            if (is_shortage(errno)) paused_until_ = now_ + shortage_pause;
            if (errno == ECONNABORTED || errno == EINTR || errno == EPROTO) continue;
            return;
        }
        Claim claim = 0;
        if (const Guard* guard = admit(connection.get(), peer, now_, claim)) {
            reporter_.refused(guard->reason, peer);
            continue;
        }
        const SocketAddress local = local_end(connection.get(), socket);
        auto session = std::make_unique<Session>(std::move(connection), peer, local, *handler_,
                                                 spec_.idle_timeout);
        session->claim = claim;
        session->index = sessions_.size();
        session->progress = now_;
        if (reporter_.wants(Record::Kind::exit)) session->began_us = monotonic_us();
        reporter_.started(peer);
        Session& placed = *sessions_.emplace_back(std::move(session));
        settle(placed, placed.stream.begin());
    }
}

void Single::settle(Session& session, Wants wants) {
    std::uint32_t events = 0;
    switch (wants) {
        case Wants::input:
            events = EPOLLIN;
            break;
        case Wants::output:
            events = EPOLLOUT;
            break;
        case Wants::both:
            events = EPOLLIN | EPOLLOUT;
            break;
        case Wants::passing:
            return ask_to_pass(session);
        case Wants::end:
            return end(session);
    }
    if (events == session.watched) return;
    const int operation = session.watched == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    session.watched = events;
    epoll_event event{};
    event.events = events;
    event.data.ptr = &session;
    if (::epoll_ctl(epoll_.get(), operation, session.stream.fd(), &event) < 0) end(session);
}

void Single::end(Session& session) {
    release(session.claim);
    reporter_.ended(session.stream.connection().peer(), session.began_us);
    if (session.request != 0) passing_.erase(session.request);
    last_use_ = now_;
    const std::size_t index = session.index;
    std::swap(sessions_[index], sessions_.back());
    sessions_[index]->index = index;
    sessions_.pop_back();
}

void Single::ask_to_pass(Session& session) {
    if (session.watched != 0) {
        session.watched = 0;
        watch(session.stream.fd(), 0, nullptr, EPOLL_CTL_DEL);
    }
    ControlMessage message;
    message.kind = ControlMessage::Kind::pass;
    message.number = ++last_request_ == 0 ? ++last_request_ : last_request_;
    message.set_text(session.stream.connection().passed_to());
    if (!send_control(seat_.control, message, session.stream.fd()))
        return settle(session, session.stream.declined());
    session.request = message.number;
    passing_[message.number] = &session;
}

void Single::on_control() {
    for (;;) {
        ControlMessage message;
        UniqueFd attached;
        switch (receive_control(seat_.control, message, attached)) {
            case Channel::Received::nothing:
                return;
            case Channel::Received::end:
                // Without a parent nobody else will accept; what was accepted is finished.
                draining_ = true;
                watch(seat_.control.fd(), 0, nullptr, EPOLL_CTL_DEL);
                return;
            case Channel::Received::message:
                break;
        }
        if (message.kind == ControlMessage::Kind::drain) draining_ = true;
        const auto found = passing_.find(message.number);
        if (found == passing_.end()) continue;
        Session& session = *found->second;
        if (message.kind == ControlMessage::Kind::passed) {
            end(session);
        } else if (message.kind == ControlMessage::Kind::declined) {
            passing_.erase(found);
            session.request = 0;
            session.progress = now_;
            settle(session, session.stream.declined());
        }
    }
}

void Single::on_tick() {
    next_tick_ = now_ + tick;
    reporter_.flush(now_);
    for (std::size_t i = sessions_.size(); i > 0; --i) {
        Session& session = *sessions_[i - 1];
        const unsigned timeout = session.stream.timeout();
        if (timeout != 0 && now_ - session.progress >= timeout * Milliseconds{1000}) end(session);
    }
}

}  // namespace

int serve_single(ServerSeat seat) {
    return Single(std::move(seat)).run();
}

}  // namespace minetd
