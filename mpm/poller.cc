// SPDX-License-Identifier: ISC
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "daemon/os/socket.h"
#include "daemon/os/system_error.h"
#include "mpm/poller_session.h"

namespace minetd {
namespace {

/// Events one call takes: all of them where stepping never blocks, else one, as the next one may
/// have to wait for a thread of its own.
constexpr int batch = 128;
constexpr Milliseconds tick = 1000;
/// Between two looks at a limit that other processes may make room under.
constexpr Milliseconds limit_pause = 10;
constexpr auto relaxed = std::memory_order_relaxed;

char control_tag, drain_tag, wake_tag, answer_tag;

}  // namespace

Poller::Poller(ServingProcess& process, Capacity& capacity, bool shared, bool hears_parent)
    : process_(process),
      spec_(process.spec()),
      capacity_(capacity),
      shared_(shared),
      hears_parent_(hears_parent),
      wake_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      lists_(process.seat().scoreboard->server(process.seat().slot)),
      now_(monotonic_ms()),
      next_tick_(now_.load() + tick),
      last_use_(now_.load()) {
    if (!wake_fd_) throw_errno("eventfd");
    if (spec_.is_datagram())
        datagrams_.emplace(spec_, process.seat().context, process.seat().admission,
                           process.handler(), process.reporter(), process.budget());
    if (hears_parent) epoll_.add(process.control_fd(), EPOLLIN, &control_tag);
    epoll_.add(process.drain_fd(), EPOLLIN, &drain_tag);
    epoll_.add(wake_fd_.get(), EPOLLIN, &wake_tag);
    if (spec_.is_datagram()) {
        if (datagrams_->answers_fd() >= 0)
            epoll_.add(datagrams_->answers_fd(), EPOLLIN, &answer_tag);
    } else if (process.admission() != nullptr && process.admission()->may_inquire()) {
        asking_.emplace();
        epoll_.add(asking_->fd(), EPOLLIN, &answer_tag);
    }
    update_doors();
}

Poller::~Poller() {
    for (unsigned list = 0; list < PhaseLists::none; ++list)
        while (Parked* session = lists_.first(list)) end(static_cast<Session&>(*session));
}

bool Poller::finished() const noexcept {
    return process_.draining() && sessions_.load(relaxed) == 0 && inquiring_.load(relaxed) == 0 &&
           !at_limit_.load(relaxed);
}

void Poller::run(unsigned line, Milliseconds idle_life) noexcept {
    Scoreboard::ThreadLine& own = process_.seat().scoreboard->thread(process_.seat().slot, line);
    epoll_event events[batch];
    while (!finished()) {
        // Without a connection there is nothing to time but the process's own end.
        const bool timed = sessions_.load(relaxed) > 0 || inquiring_.load(relaxed) > 0 ||
                           !doors_open_.load(relaxed) || process_.reporter().holds();
        Milliseconds until = timed ? next_tick_.load(relaxed) : -1;
        if (at_limit_.load(relaxed)) until = now_.load(relaxed) + limit_pause;
        if (!timed && idle_life > 0) until = last_use_.load(relaxed) + idle_life;
        const int wait =
            until < 0 ? -1 : static_cast<int>(std::max<Milliseconds>(0, until - monotonic_ms()));
        const int count = ::epoll_wait(epoll_.fd(), events, shared_ ? 1 : batch, wait);
        const Milliseconds now = monotonic_ms();
        now_.store(now, relaxed);
        own.steps.store(own.steps.load(relaxed) + 1, relaxed);  // odd: in steps
        for (int i = 0; i < count; ++i) handle(events[i], line);
        own.steps.store(own.steps.load(relaxed) + 1, relaxed);
        if (at_limit_.load(relaxed)) admit_waiting(line);
        if (inquiring_.load(relaxed) > 0) admit_answered(line);
        bool closed;
        {
            const Held held(*this);
            if (now >= next_tick_.load(relaxed)) on_tick();
            closed = update_doors();
            if (idle_life > 0 && sessions_.load(relaxed) == 0 && inquiring_.load(relaxed) == 0 &&
                !at_limit_.load(relaxed) && now - last_use_.load(relaxed) >= idle_life)
                return;
        }
        if (closed && shared_) sweep(line);
    }
    wake();  // those who poll with us
}

void Poller::handle(epoll_event& event, unsigned line) noexcept {
    void* const tag = event.data.ptr;
    if (tag == &control_tag) {
        process_.on_control();
        if (process_.control_fd() < 0) epoll_.remove(process_.seat().control.fd());
        return;
    }
    if (tag == &drain_tag) return on_drain();
    if (tag == &wake_tag) return hear_answers();
    if (tag == &answer_tag) return;  // see run()
    const auto& sockets = process_.seat().sockets;
    if (!sockets.empty() && tag >= sockets.data() && tag < sockets.data() + sockets.size())
        return accept_from(*static_cast<const ListeningSocket*>(tag), line);

    Session& session = *static_cast<Session*>(tag);
    if (shared_) {
        const Held held(*this);
        session.stepping = true;
    }
    if (session.expired) {
        session.expired = false;
        return settle(session, session.stream->time_over());
    }
    step(session, line, &Conversation::resume);
}

/// Where a step may take its time, this thread is busy until it is over.
void Poller::step(Session& session, unsigned line,
                  Wants (Conversation::*take)() noexcept) noexcept {
    if (!shared_) return settle(session, (session.stream.get()->*take)());
    Scoreboard& board = *process_.seat().scoreboard;
    capacity_.occupy(1);
    board.busy(process_.seat().slot, line);
    board.thread(process_.seat().slot, line).state.store(WorkerState::writing, relaxed);
    settle(session, (session.stream.get()->*take)());
    board.idle(process_.seat().slot, line);
    capacity_.occupy(-1);
}

void Poller::settle(Session& session, Wants wants) noexcept {
    const Conversation& stream = *session.stream;
    const std::uint64_t sent = stream.traffic().sent;
    Scoreboard::ThreadLine& line = process_.seat().scoreboard->thread(process_.seat().slot, 0);
    if (stream.requests() != session.requests) {
        line.requests.fetch_add(stream.requests() - session.requests, relaxed);
        session.requests = stream.requests();
    }
    if (sent != session.sent) {
        line.bytes.fetch_add(sent - session.sent, relaxed);
        session.sent = sent;
    }
    switch (wants) {
        case Wants::input:
            return park(session, EPOLLIN);
        case Wants::output:
            return park(session, EPOLLOUT);
        case Wants::both:
            return park(session, EPOLLIN | EPOLLOUT);
        case Wants::passing:
            return ask_to_pass(session);
        case Wants::end:
            return end(session);
    }
}

/// Between two requests, and none is here: its client may say the next one elsewhere.
bool Poller::evictable(const Session& session) const noexcept {
    return process_.traits().evictable && !is_readable(session.stream->fd());
}

void Poller::park(Session& session, std::uint32_t events) noexcept {
    const Held held(*this);
    const Milliseconds since = session.clock.since();
    session.clock.update(*session.stream, now_);
    if (session.clock.phase() == Phase::keep_alive && process_.draining() && evictable(session))
        return end(session);
    const bool own_time = session.stream->has_own_limit();
    const unsigned list = own_time ? PhaseLists::odd : static_cast<unsigned>(session.clock.phase());
    // Whose time runs on keeps its place: a list is in the order in which the times began.
    if (list != session.list || since != session.clock.since()) lists_.move(session, list);
    session.stepping = false;
    if (shared_) events |= EPOLLONESHOT;
    if (events == session.watched && !shared_) return;
    const int operation = session.watched == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    session.watched = events;
    if (!epoll_.change(operation, session.stream->fd(), events, &session)) end(session);
}

void Poller::end(Session& session) noexcept {
    {
        const Held held(*this);
        lists_.move(session, PhaseLists::none);
        last_use_.store(now_.load(relaxed), relaxed);
    }
    const std::int64_t busy = (monotonic_us() - session.began_us) / 1000;
    Scoreboard& board = *process_.seat().scoreboard;
    board.thread(process_.seat().slot, 0).busy.fetch_add(static_cast<std::uint64_t>(busy), relaxed);
    process_.release(session.claim);
    process_.reporter().ended(session.stream->connection().peer(), session.began_us,
                              session.stream->traffic());
    delete &session;
    capacity_.give_back();
    sessions_.fetch_sub(1, relaxed);
}

void Poller::ask_to_pass(Session& session) noexcept {
    {
        const Held held(*this);
        if (session.watched != 0) epoll_.remove(session.stream->fd());
        session.watched = 0;
        lists_.move(session, PhaseLists::passing);
    }
    const Conversation& stream = *session.stream;
    const bool asked =
        process_.passes().ask(process_.seat().control, stream.connection().passed_to(), stream.fd(),
                              [this, &session](bool passed) {
                                  {
                                      const std::lock_guard held(answers_lock_);
                                      answers_.emplace_back(&session, passed);
                                  }
                                  wake();
                              });
    if (!asked) settle(session, session.stream->declined());
}

void Poller::wake() noexcept {
    const std::uint64_t one = 1;
    (void)!::write(wake_fd_.get(), &one, sizeof one);
}

void Poller::hear_answers() noexcept {
    std::vector<std::pair<Session*, bool>> answers;
    {
        const std::lock_guard held(answers_lock_);
        answers.swap(answers_);
        // The last word stays readable, for all who poll.
        std::uint64_t count;
        if (!finished()) (void)!::read(wake_fd_.get(), &count, sizeof count);
    }
    for (const auto& [session, passed] : answers) {
        if (passed)
            end(*session);
        else
            settle(*session, session->stream->declined());
    }
}

void Poller::on_drain() noexcept {
    const Held held(*this);
    if (std::exchange(drained_, true)) return;
    epoll_.remove(process_.drain_fd());
    for (Parked* parked = lists_.first(Phase::keep_alive); parked != nullptr;
         parked = parked->after)
        if (auto& session = static_cast<Session&>(*parked); !session.stepping && evictable(session))
            expire(session);
    if (finished()) wake();
}

void Poller::on_tick() noexcept {
    const Milliseconds now = now_.load(relaxed);
    next_tick_.store(now + tick, relaxed);
    if (hears_parent_) process_.reporter().flush(now);
    for (unsigned list = 0; list < PhaseLists::passing; ++list) {
        for (Parked* parked = lists_.first(list); parked != nullptr; parked = parked->after) {
            auto* const session = static_cast<Session*>(parked);
            if (session->stepping || session->expired) continue;
            const Milliseconds limit = session->stream->limit();
            const bool over = limit != 0 && now - session->clock.since() >= limit;
            if (over)
                expire(*session);
            else if (list != PhaseLists::odd)
                break;  // those behind began later
        }
    }
}

/// Ends the wait from outside: the descriptor becomes ready, and whoever hears of that goes on.
void Poller::expire(Session& session) noexcept {
    session.expired = true;
    session.stream->interrupt();
}

}  // namespace minetd
