// SPDX-License-Identifier: ISC
#include "mpm/nowait.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <csignal>

#include "daemon/os/socket.h"
#include "daemon/os/system_error.h"
#include "mpm/reception.h"
#include "mpm/server_seat.h"

namespace minetd {
namespace {

/// Connections taken from one socket before the others have their turn.
constexpr int batch = 16;
constexpr Milliseconds first_delay = 50, longest_delay = 5000, limit_pause = 50;

}  // namespace

Nowait::Nowait(Runtime& runtime, Assignment assignment)
    : runtime_(runtime),
      job_(std::move(assignment)),
      board_(runtime.boards, job_.spec, *this),
      retry_(runtime.loop, [this] { retry_waiting(); }) {}

Nowait::Asking::Asking(Nowait& owner)
    : answer(owner.runtime_.loop, connections.fd(), [&owner] { owner.hear_answers(); }),
      give_up(owner.runtime_.loop, [&owner] { owner.hear_answers(); }) {}

void Nowait::serve(std::vector<ListeningSocket> sockets) {
    doors_.clear();
    accepting_ = true;
    for (const ListeningSocket& socket : sockets) {
        set_nonblocking(socket.fd, true);
        Door door{socket, nullptr};
        door.event = std::make_unique<FdEvent>(runtime_.loop, socket.fd,
                                               [this, socket] { on_readable(socket); });
        doors_.push_back(std::move(door));
    }
    update_doors();
}

void Nowait::stop_accepting() noexcept {
    accepting_ = false;
    doors_.clear();
    update_doors();  // who waits here waits on
}

void Nowait::signal_sessions(int signal) noexcept {
    asking_.reset();  // whoever is not a session yet will be none
    for (const auto& [pid, session] : sessions_) {
        // The program leads a session of its own, so its children hear of it too.
        if (::kill(-pid, signal) < 0) ::kill(pid, signal);
    }
}

bool Nowait::full() const noexcept {
    return job_.admission && job_.admission->full();
}

/// Only ends that we hear of make room: no session counts but ours.
bool Nowait::alone() const noexcept {
    return job_.admission->running() <= claims_;
}

void Nowait::update_doors() noexcept {
    const bool open = accepting_ && !blocked_ && waiting_.empty() && !full();
    for (Door& door : doors_) open ? door.event->enable() : door.event->disable();
    // Of servers that a reload has sent away nobody tells us when a session ends.
    const bool wanted = accepting_ || !waiting_.empty();
    if (wanted && !open && !blocked_ && !(full() && alone()) && !retry_.pending())
        retry_.schedule(limit_pause);
}

int Nowait::on_readable(const ListeningSocket& socket) noexcept {
    // Whoever has just ended must not count against who comes now.
    if (runtime_.programs.most != ~0U || job_.spec->limits.instances ||
        job_.spec->limits.per_source)
        runtime_.reap();
    // Asking until nothing is left costs a call; where connections come one by one it is spared.
    const int most = take_;
    take_ = 1;
    for (int i = 0; i < most; ++i) {
        Waiting connection;
        connection.peer.length = SocketAddress::capacity;
        connection.connection = UniqueFd(
            ::accept4(socket.fd, connection.peer.raw(), &connection.peer.length, SOCK_CLOEXEC));
        if (!connection.connection) {
            if (is_shortage(errno)) back_off("accept", errno);
            // A client that has gone before it was accepted is nobody's error.
            if (errno == ECONNABORTED || errno == EPROTO || errno == EINTR) continue;
            return i;
        }
        if (socket.specific) {
            connection.local = socket.address;
            connection.local_known = true;
        }
        if (admit_and_start(connection) == Outcome::later) {
            waiting_.push_back(std::move(connection));
            update_doors();
            return i;
        }
        if (full()) {
            update_doors();
            return i;
        }
    }
    take_ = std::min(most * 2, batch);
    return most;
}

Nowait::Outcome Nowait::refuse(const Waiting& connection, const Guard& guard) noexcept {
    const ServiceSpec& spec = *job_.spec;
    board_.note_refused();
    if (wants_record(spec, Record::Kind::fail))
        runtime_.record(spec, fail_record(guard.reason, connection.peer));
    turn_away(job_.admission.get(), connection.connection.get(), connection.peer);
    return Outcome::refused;
}

const Guard* Nowait::admit(Waiting& connection) noexcept {
    if (!job_.admission) return decide(runtime_.programs);
    Visitor visitor = visitor_of(connection.connection.get(), connection.peer);
    visitor.answers = connection.answers;
    visitor.programs = runtime_.programs;
    return job_.admission->admit(visitor, monotonic_ms(), self_, connection.claim);
}

Nowait::Outcome Nowait::admit_and_start(Waiting& connection) noexcept {
    const ServiceSpec& spec = *job_.spec;
    const int fd = connection.connection.get();
    if (ask(connection)) return Outcome::asking;
    const Guard* const guard = connection.admitted ? nullptr : admit(connection);
    if (guard != nullptr && job_.admission && job_.admission->waits(*guard)) return Outcome::later;
    if (guard != nullptr) return refuse(connection, *guard);
    if (!std::exchange(connection.admitted, true)) {
        // A few bytes into an empty queue: they fit, or the client is gone.
        if (!connection.greeting.empty())
            ::send(fd, connection.greeting.data(), connection.greeting.size(),
                   MSG_NOSIGNAL | MSG_DONTWAIT);
        welcome(job_.admission.get(), fd, connection.peer);
    }

    LaunchSlot* slot = runtime_.launcher.prepare(job_.plan);
    if (slot == nullptr) {
        back_off("start", ENOMEM);
        return Outcome::later;
    }
    slot->socket = fd;
    slot->peer = connection.peer;
    slot->local = connection.local;
    slot->local_known = connection.local_known;
    slot->birthplace = job_.cgroup.get();
    const std::int64_t began = monotonic_us();
    const Launcher::Started started = runtime_.launcher.start(*slot);
    if (started.pid < 0) {
        back_off("fork", started.error);
        return Outcome::later;
    }
    if (std::exchange(delay_, 0) != 0)
        runtime_.log(Level::notice, fmt::format("{}: connections are served again", spec.id));
    runtime_.children.add(started.pid, *this);
    ++runtime_.programs.running;
    board_.note_accepted(started.pid, connection.peer);
    claims_ += connection.claim != 0;
    sessions_.emplace(started.pid,
                      Session{started.ticket, connection.claim, began, connection.peer, {}});
    if (wants_record(spec, Record::Kind::start))
        runtime_.record(spec, start_record(started.pid, connection.peer));
    return Outcome::served;
}

bool Nowait::ask(Waiting& connection) noexcept {
    if (std::exchange(connection.asked, true)) return false;
    const Asked asked =
        ask_about(job_.admission.get(), connection.connection.get(), connection.peer);
    if (!asked.needed) return false;
    UniqueFd reply(asked.reply);
    try {
        if (!asking_) asking_ = std::make_unique<Asking>(*this);
    } catch (const std::system_error&) {
        return false;  // without descriptors nobody is known
    }
    const Milliseconds until = monotonic_ms() + job_.admission->patience();
    if (!asking_->connections.add(connection, std::move(reply), until)) return false;
    await_answers();
    return true;
}

void Nowait::await_answers() noexcept {
    if (asking_->connections.empty()) {
        asking_->answer.disable();
        return asking_->give_up.cancel();
    }
    asking_->answer.enable();
    const Milliseconds left = asking_->connections.due() - monotonic_ms();
    asking_->give_up.schedule(std::max<Milliseconds>(left, 0));
}

void Nowait::hear_answers() noexcept {
    while (auto answered = asking_->connections.take(monotonic_ms())) {
        Waiting connection = std::move(answered->connection);
        connection.answers = answered->answers;
        // Who came before is served before.
        if (blocked_ || !waiting_.empty() || admit_and_start(connection) == Outcome::later)
            waiting_.push_back(std::move(connection));
    }
    await_answers();
    update_doors();
    if (sessions() == 0) runtime_.look_around();
}

bool Nowait::take(UniqueFd& connection, std::string_view greeting) noexcept {
    Waiting taken;
    taken.peer = peer_address(connection.get());
    // Every rule is about addresses. A client that was reset while its bytes still wait has none
    // any more, and who passes connections on may pass us anything.
    if (!taken.peer.is_ip() || !is_stream(connection.get())) return false;
    taken.connection = std::move(connection);
    taken.greeting = greeting;
    const Outcome outcome = admit_and_start(taken);
    if (outcome == Outcome::refused) connection = std::move(taken.connection);
    if (outcome == Outcome::later) waiting_.push_back(std::move(taken));
    update_doors();
    return outcome != Outcome::refused;
}

void Nowait::adopt(Assignment assignment, bool) {
    job_ = std::move(assignment);
    board_.adopt(job_.spec);
    // There may be room for more than before.
    if (!blocked_) retry_waiting();
}

void Nowait::show_sessions(ProgramBoard& board) noexcept {
    for (const auto& [pid, session] : sessions_)
        board.show_session(pid, session.peer, session.began_us);
}

HandedDispatcher Nowait::hand_over() noexcept {
    HandedDispatcher handed{.totals = board_.totals()};
    for (const auto& [pid, session] : sessions_) {
        const Launcher::Failure failure =
            session.failure.error != 0 ? session.failure : runtime_.launcher.look(session.ticket);
        handed.sessions.push_back({.pid = pid,
                                   .claim = session.claim,
                                   .began_us = session.began_us,
                                   .peer = session.peer,
                                   .start_error = failure.error,
                                   .failed_step = static_cast<std::uint8_t>(failure.step)});
    }
    const auto add = [&handed](const Waiting& connection) {
        handed.connections.push_back({.connection = {connection.connection.get()},
                                      .peer = connection.peer,
                                      .admitted = connection.admitted,
                                      .claim = connection.claim,
                                      .greeting = connection.greeting});
    };
    for (const Waiting& connection : waiting_) add(connection);
    // About these the next image asks again.
    if (asking_) asking_->connections.each(add);
    return handed;
}

void Nowait::take_over(HandedDispatcher& handed, const std::vector<ListeningSocket>&) {
    for (const HandedSession& session : handed.sessions) {
        claims_ += session.claim != 0;
        sessions_.emplace(session.pid, Session{{},
                                               session.claim,
                                               session.began_us,
                                               session.peer,
                                               {session.start_error,
                                                static_cast<LaunchStep>(session.failed_step)}});
        runtime_.children.add(session.pid, *this);
        ++runtime_.programs.running;
    }
    board_.take_over(handed.totals, static_cast<unsigned>(handed.sessions.size()));
    for (HandedConnection& one : handed.connections) {
        Waiting connection;
        connection.connection = one.connection.take();
        connection.peer = one.peer;
        connection.admitted = connection.asked = one.admitted;
        connection.claim = one.claim;
        connection.greeting = one.greeting;
        waiting_.push_back(std::move(connection));
    }
    if (!waiting_.empty()) retry_.schedule(0);
}

void Nowait::on_exit(const Exit& exit) noexcept {
    const auto found = sessions_.find(exit.pid);
    if (found == sessions_.end()) return;
    const Session session = found->second;
    sessions_.erase(found);
    --runtime_.programs.running;
    claims_ -= session.claim != 0;
    board_.note_ended(exit.pid);
    if (job_.admission) job_.admission->release(session.claim, self_);
    const Launcher::Failure failure =
        session.failure.error != 0 ? session.failure : runtime_.launcher.outcome(session.ticket);
    if (failure.error != 0)
        runtime_.record(*job_.spec,
                        fail_record(describe(failure, *job_.plan), session.peer, exit.pid));
    else if (wants_record(*job_.spec, Record::Kind::exit))
        runtime_.record(*job_.spec, exit_record(exit, session.peer, session.began_us));
    if (!waiting_.empty() && !blocked_) retry_waiting();
    if (job_.spec->limits.queues()) update_doors();
}

void Nowait::retry_waiting() noexcept {
    blocked_ = false;
    if (job_.admission) job_.admission->settle();
    while (!waiting_.empty() && admit_and_start(waiting_.front()) != Outcome::later)
        waiting_.pop_front();
    update_doors();
}

void Nowait::back_off(const char* what, int error) noexcept {
    if (delay_ == 0)
        runtime_.log(Level::error, fmt::format("{}: {}: {}; connections wait until it works again",
                                               job_.spec->id, what, error_text(error)));
    delay_ = std::clamp(delay_ * 2, first_delay, longest_delay);
    blocked_ = true;
    retry_.schedule(delay_);
    update_doors();
}

}  // namespace minetd
