// SPDX-License-Identifier: ISC
#include "mpm/conversation_loop.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>

#include "daemon/os/socket.h"
#include "mpm/reception.h"

namespace minetd {
namespace {

constexpr int tick = 1000;
/// Connections taken without looking at anything else in between.
constexpr unsigned most_in_a_turn = 32;
constexpr int datagram_batch = 32;
constexpr Milliseconds pass_patience = 5000;
constexpr int shortage_pause = 100, queue_pause = 10, closed_pause = 10;
constexpr auto relaxed = std::memory_order_relaxed;

/// Tags of what is no listening socket.
char control_tag, drain_tag, leave_tag, answer_tag;

}  // namespace

ConversationLoop::ConversationLoop(ServingProcess& process, unsigned thread, bool hears_parent,
                                   Watcher* watcher)
    : process_(process),
      spec_(process.spec()),
      thread_(thread),
      hears_parent_(hears_parent),
      watcher_(watcher),
      line_(process.seat().scoreboard->thread(process.seat().slot, thread)) {
    if (spec_.is_datagram())
        datagrams_.emplace(spec_, process.seat().context, process.seat().admission,
                           process.handler(), process.reporter(), process.budget());
    if (datagrams_ && datagrams_->answers_fd() >= 0)
        epoll_.add(datagrams_->answers_fd(), EPOLLIN, &answer_tag);
    if (hears_parent) epoll_.add(process.control_fd(), EPOLLIN, &control_tag);
    epoll_.add(process.drain_fd(), EPOLLIN, &drain_tag);
    if (watcher != nullptr && watcher->leave_fd() >= 0)
        epoll_.add(watcher->leave_fd(), EPOLLIN | EPOLLEXCLUSIVE, &leave_tag);
    // Exclusive: a connection wakes one idle thread, not all of them.
    for (const ListeningSocket& socket : process.seat().sockets)
        epoll_.add(socket.fd, EPOLLIN | EPOLLEXCLUSIVE, const_cast<ListeningSocket*>(&socket));
}

void ConversationLoop::set_state(WorkerState state) noexcept {
    line_.state.store(state, relaxed);
}

void ConversationLoop::begin_step() noexcept {
    line_.state.store(WorkerState::writing, relaxed);
    line_.steps.store(line_.steps.load(relaxed) + 1, relaxed);
}

void ConversationLoop::end_step() noexcept {
    line_.steps.store(line_.steps.load(relaxed) + 1, relaxed);
}

void ConversationLoop::become_busy() noexcept {
    process_.seat().scoreboard->busy(process_.seat().slot, thread_);
    if (watcher_ != nullptr) watcher_->busy();
}

void ConversationLoop::become_idle() noexcept {
    process_.seat().scoreboard->idle(process_.seat().slot, thread_);
    if (watcher_ != nullptr && !watcher_->idle()) leaving_ = true;
}

bool ConversationLoop::leaves() noexcept {
    std::uint64_t unit;
    return ::read(watcher_->leave_fd(), &unit, sizeof unit) > 0;
}

void ConversationLoop::run() noexcept {
    Reporter& reporter = process_.reporter();
    become_idle();
    while (!process_.draining() && !leaving_) {
        epoll_event events[64];
        const bool timed =
            (hears_parent_ && reporter.holds()) || (datagrams_ && datagrams_->holds());
        const int count = ::epoll_wait(epoll_.fd(), events, 64, timed ? tick : -1);
        // The sockets take turns, so that a flood on one does not starve the others. All that this
        // call brought is looked at, even after a word to leave: it woke nobody else.
        for (int i = 0; i < count; ++i) {
            void* const tag = events[i].data.ptr;
            if (tag == &control_tag)
                process_.on_control();
            else if (tag == &leave_tag)
                leaving_ = leaving_ || leaves();
            else if (tag == &answer_tag)
                settle_datagrams();
            else if (tag != &drain_tag)
                serve_from(*static_cast<const ListeningSocket*>(tag));
        }
        if (!timed) continue;
        const Milliseconds now = monotonic_ms();
        if (datagrams_ && datagrams_->holds() && now >= datagrams_->due()) settle_datagrams();
        if (hears_parent_) reporter.flush(now);
    }
    // What was taken from the socket is nobody else's.
    if (datagrams_) datagrams_->finish(line_);
    process_.seat().scoreboard->gone(process_.seat().slot, thread_);
}

void ConversationLoop::serve_from(const ListeningSocket& socket) noexcept {
    if (spec_.is_datagram()) {
        become_busy();
        begin_step();
        process_.took(static_cast<unsigned>(datagrams_->serve(socket, datagram_batch, line_)));
        end_step();
        become_idle();
        return;
    }
    // Asking until nothing is left costs a call; where connections come one by one it is spared.
    const unsigned most = take_;
    take_ = 1;
    for (unsigned i = 0; i < most; ++i) {
        // The first one woke nobody else: it is taken, even if it is one too many.
        if (i > 0 && (process_.exhausted() || process_.draining() || leaving_)) return;
        // Who serves the sockets next may have made them block (`wait`).
        if (process_.draining() && !is_readable(socket.fd)) return;
        SocketAddress peer;
        peer.length = SocketAddress::capacity;
        UniqueFd connection(::accept4(socket.fd, peer.raw(), &peer.length, SOCK_CLOEXEC));
        if (!connection) {
            // On a socket that listens no more, too, trying again at once would only burn.
            if (is_shortage(errno) || errno == EINVAL)
                ::poll(nullptr, 0, errno == EINVAL ? closed_pause : shortage_pause);
            return;
        }
        become_busy();
        process_.seat().scoreboard->accessed(process_.seat().slot, thread_);
        process_.took(1);
        serve(std::move(connection), peer, socket);
        become_idle();
    }
    take_ = std::min(2 * most, most_in_a_turn);
}

/// Those that waited for an answer.
void ConversationLoop::settle_datagrams() noexcept {
    become_busy();
    begin_step();
    datagrams_->settle(line_);
    end_step();
    become_idle();
}

bool ConversationLoop::admitted(int connection, const SocketAddress& peer, Claim& claim) noexcept {
    const Answers answers = find_out(process_.admission(), connection, peer);
    for (;;) {
        const Guard* guard = process_.admit(connection, peer, answers, monotonic_ms(), claim);
        if (guard == nullptr) return true;
        if (!process_.waits(*guard)) {
            process_.refuse(connection, peer, *guard);
            return false;
        }
        // What was accepted is never lost: it waits until another session ends.
        ::poll(nullptr, 0, queue_pause);
    }
}

void ConversationLoop::serve(UniqueFd connection, const SocketAddress& peer,
                             const ListeningSocket& socket) noexcept {
    Claim claim = 0;
    const int fd = connection.get();
    // Whoever looks on is told whom this thread is busy with, though he may have to wait.
    line_.began.store(monotonic_ms(), relaxed);
    process_.seat().scoreboard->note_peer(process_.seat().slot, thread_, peer);
    if (!admitted(fd, peer, claim)) return line_.ended.store(monotonic_ms(), relaxed);
    process_.receive(fd, peer);
    const std::int64_t began = monotonic_us();
    Traffic traffic;
    {
        const auto session =
            process_.converse(std::move(connection), peer, process_.local_end(fd, socket));
        converse(*session);
        traffic = session->traffic();
    }
    process_.release(claim);
    process_.reporter().ended(peer, began, traffic);
    const Milliseconds now = monotonic_ms();
    line_.ended.store(now, relaxed);
    line_.busy.fetch_add(static_cast<std::uint64_t>(now - began / 1000), relaxed);
}

void ConversationLoop::converse(Conversation& session) noexcept {
    const std::uint64_t requests = line_.requests.load(relaxed), bytes = line_.bytes.load(relaxed);
    SessionClock clock(monotonic_ms());
    unsigned turns = 0;  // waits between two requests
    begin_step();
    Wants wants = session.begin();
    for (;;) {
        end_step();
        line_.requests.store(requests + session.requests(), relaxed);
        line_.bytes.store(bytes + session.traffic().sent, relaxed);
        if (wants == Wants::end) return;
        if (wants == Wants::passing) {
            wants = pass(session);
            begin_step();
            continue;
        }
        const Phase phase = session.phase();
        // A request that is here already is answered; its client may say the next one elsewhere.
        if (phase == Phase::keep_alive && process_.traits().evictable && process_.leaving() &&
            !is_readable(session.fd()))
            return;
        if (wants == Wants::input && phase == Phase::keep_alive && ++turns > 1) {
            // A conversation: the call that waits brings the bytes as well.
            set_state(WorkerState::keepalive);
            if (!session.await_input()) return;
            begin_step();
            wants = session.proceed();
            continue;
        }
        clock.update(session, monotonic_ms());
        set_state(phase == Phase::keep_alive ? WorkerState::keepalive
                  : phase == Phase::linger   ? WorkerState::closing
                  : phase == Phase::write    ? WorkerState::writing
                                             : WorkerState::reading);
        const bool in_time = wait_for(session, wants, clock);
        begin_step();
        wants = in_time ? session.resume() : session.time_over();
    }
}

/// False when the time of the phase is over.
bool ConversationLoop::wait_for(const Conversation& session, Wants wants,
                                SessionClock& clock) noexcept {
    pollfd item{.fd = session.fd(), .events = 0, .revents = 0};
    if (wants != Wants::output) item.events |= POLLIN;
    if (wants != Wants::input) item.events |= POLLOUT;
    for (;;) {
        Milliseconds left = -1;
        if (const Milliseconds limit = session.limit(); limit != 0) {
            left = clock.since() + limit - monotonic_ms();
            if (left <= 0) return false;
        }
        const int ready = ::poll(&item, 1, static_cast<int>(std::min<Milliseconds>(left, 1 << 30)));
        if (ready > 0) return true;
        if (ready < 0 && errno != EINTR) return false;
    }
}

ConversationLoop::Wants ConversationLoop::pass(Conversation& session) noexcept {
    struct Waiting {
        std::mutex lock;
        std::condition_variable told;
        enum { unknown, passed, declined } answer = unknown;
    };
    const auto waiting = std::make_shared<Waiting>();
    const bool asked =
        process_.passes().ask(process_.seat().control, session.connection().passed_to(),
                              session.fd(), [waiting](bool passed) {
                                  const std::lock_guard held(waiting->lock);
                                  waiting->answer = passed ? Waiting::passed : Waiting::declined;
                                  waiting->told.notify_one();
                              });
    if (!asked) return session.declined();
    std::unique_lock held(waiting->lock);
    const Milliseconds until = monotonic_ms() + pass_patience;
    while (waiting->answer == Waiting::unknown) {
        const Milliseconds left = until - monotonic_ms();
        if (left <= 0) return Wants::end;
        if (!hears_parent_) {
            waiting->told.wait_for(held, std::chrono::milliseconds(left));
            continue;
        }
        held.unlock();
        pollfd item{.fd = process_.control_fd(), .events = POLLIN, .revents = 0};
        if (::poll(&item, 1, static_cast<int>(left)) > 0) process_.on_control();
        held.lock();
    }
    return waiting->answer == Waiting::passed ? Wants::end : session.declined();
}

}  // namespace minetd
