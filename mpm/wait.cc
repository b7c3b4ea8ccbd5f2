// SPDX-License-Identifier: ISC
#include "mpm/wait.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>

#include "daemon/os/socket.h"
#include "daemon/os/system_error.h"
#include "mpm/reception.h"
#include "mpm/respawn.h"

namespace minetd {
namespace {

/// A program that ran longer than this did its work, whatever it left behind.
constexpr std::int64_t quick_us = 1'000'000;
constexpr Milliseconds shortage_delay = 1000, limit_delay = 1000;

}  // namespace

/// One socket: watched, or in the hands of a program, or left alone for a while.
class Wait::Door : private ChildOwner {
  public:
    enum class Socket { ours, lent };  ///< lent: a program has it already
    Door(Wait& owner, const ListeningSocket& socket, Socket state = Socket::ours)
        : runtime_(owner.runtime_),
          job_(owner.job_),
          board_(owner.board_),
          on_end_(owner.on_end_),
          socket_(socket),
          event_(runtime_.loop, socket.fd, [this] { on_readable(); }),
          pause_(runtime_.loop, [this] { watch(); }),
          give_up_(runtime_.loop, [this] { hear_answer(true); }) {
        if (state == Socket::ours) watch();
    }
    ~Door() override {
        if (pid_ != 0) runtime_.children.forget(pid_);
    }

    void leave_alone() noexcept {
        accepting_ = false;
        event_.disable();
        pause_.cancel();
        stop_asking();
        socket_.fd = -1;  // its number may soon be another socket's
    }
    int fd() const noexcept { return socket_.fd; }
    pid_t pid() const noexcept { return pid_; }
    void show_session() const noexcept {
        if (pid_ != 0) board_.show_session(pid_, peer_, began_us_);
    }
    void hand_over(HandedDispatcher& handed) const noexcept {
        if (pid_ == 0) return;
        const Launcher::Failure failure = runtime_.launcher.look(ticket_);
        handed.sessions.push_back({.pid = pid_,
                                   .claim = claim_,
                                   .began_us = began_us_,
                                   .peer = peer_,
                                   .start_error = failure.error,
                                   .failed_step = static_cast<std::uint8_t>(failure.step),
                                   .socket = socket_.fd < 0 ? 0 : socket_cookie(socket_.fd),
                                   .suspicious = suspicious_});
    }
    /// A program of a former image has the socket.
    void take_over(const HandedSession& session) noexcept {
        pid_ = session.pid;
        claim_ = session.claim;
        began_us_ = session.began_us;
        peer_ = session.peer;
        known_failure_ = {session.start_error, static_cast<LaunchStep>(session.failed_step)};
        suspicious_ = session.suspicious;
        runtime_.children.add(pid_, *this);
    }
    /// The socket is ours again, under a specification that may be another.
    void resume(const ListeningSocket& socket) noexcept {
        socket_ = socket;
        accepting_ = true;
        if (pid_ == 0 && !pause_.pending() && !reply_) watch();
    }
    /// What failed is not what would be started now.
    void forget_failures() noexcept {
        respawn_ = {};
        suspicious_ = false;
        if (!pause_.pending()) return;
        pause_.cancel();
        if (pid_ == 0 && !reply_) watch();
    }

  private:
    void watch() noexcept {
        if (accepting_) event_.enable();
    }
    void pause(Milliseconds time) noexcept {
        event_.disable();
        pause_.schedule(time);
    }
    void on_readable() noexcept;
    void on_exit(const Exit& exit) noexcept override;
    bool admitted(const SocketAddress& peer) noexcept;
    /// What had to be asked about the peer is known, or nothing had. False: the datagram waits in
    /// the socket, and so do those behind it, until somebody answers.
    bool is_known(const SocketAddress& peer) noexcept;
    void hear_answer(bool too_late) noexcept;
    void stop_asking() noexcept;
    void complain(const std::string& message) noexcept {
        if (!std::exchange(complained_, true))
            runtime_.log(Level::error, fmt::format("{}: {}", job_.spec->id, message));
    }

    Runtime& runtime_;
    const Assignment& job_;
    ProgramBoard& board_;
    const std::function<void()>& on_end_;
    ListeningSocket socket_;
    FdEvent event_;
    Timer pause_;
    bool accepting_ = true;
    bool complained_ = false;

    pid_t pid_ = 0;
    Launcher::Ticket ticket_;
    Launcher::Failure known_failure_;  ///< of a former image's start
    Claim claim_ = 0;
    std::int64_t began_us_ = 0;
    SocketAddress peer_;
    QueueHead head_;
    /// Somebody is, or was, asked about the sender of the first datagram.
    SocketAddress asked_about_;
    Answers answers_;
    UniqueFd reply_;  ///< empty: he is not being asked
    std::unique_ptr<FdEvent> answer_;
    Timer give_up_;
    Respawn respawn_;
    bool suspicious_ = false;  ///< the last program ended quickly: worth knowing what it leaves
};

bool Wait::Door::is_known(const SocketAddress& peer) noexcept {
    if (asked_about_.length > 0 && asked_about_ == peer) return true;
    answers_ = {};
    const Asked asked = ask_about(job_.admission.get(), socket_.fd, peer);
    if (!asked.needed || asked.reply < 0) return true;
    asked_about_ = peer;
    reply_.reset(asked.reply);
    answer_ = std::make_unique<FdEvent>(runtime_.loop, asked.reply, [this] { hear_answer(false); });
    answer_->enable();
    give_up_.schedule(job_.admission->patience());
    event_.disable();
    return false;
}

void Wait::Door::hear_answer(bool too_late) noexcept {
    if (Inquiry::hear(reply_.get(), answers_) == Inquiry::Heard::nothing && !too_late) return;
    stop_asking();
    watch();
}

void Wait::Door::stop_asking() noexcept {
    if (answer_) answer_->disable();
    give_up_.cancel();
    reply_.reset();
}

bool Wait::Door::admitted(const SocketAddress& peer) noexcept {
    if (!job_.admission) return true;
    if (!is_known(peer)) return false;
    const Visitor visitor{.peer = peer, .answers = answers_};
    const Guard* guard = job_.admission->admit(visitor, monotonic_ms(), ::getpid(), claim_);
    // The next one is asked about anew.
    asked_about_.length = 0;
    if (guard == nullptr) return true;
    board_.note_refused();
    if (wants_record(*job_.spec, Record::Kind::fail))
        runtime_.record(*job_.spec, fail_record(guard->reason, peer));
    if (peer.length > 0 && !guard->passes) {
        // It must not keep the others' datagrams from being served.
        char nothing;
        (void)::recv(socket_.fd, &nothing, 0, MSG_DONTWAIT);
    } else {
        pause(limit_delay);
    }
    return false;
}

void Wait::Door::on_readable() noexcept {
    const bool datagram = job_.spec->is_datagram();
    SocketAddress peer;
    if (datagram) {
        // The sender is looked at, the bytes are not.
        peer.length = SocketAddress::capacity;
        char nothing;
        if (::recvfrom(socket_.fd, &nothing, 0, MSG_PEEK | MSG_DONTWAIT, peer.raw(), &peer.length) <
            0) {
            // An error that was queued on the socket is taken by asking; there is nothing to serve.
            return;
        }
    }
    if (!admitted(peer)) return;
    head_ = suspicious_ ? look_at_queue(socket_.fd, datagram) : QueueHead{};

    LaunchSlot* slot = runtime_.launcher.prepare(job_.plan);
    Launcher::Started started{.pid = -1, .error = ENOMEM, .ticket = {}};
    if (slot != nullptr) {
        // The program expects a socket that blocks, as every inetd hands it over. Not before:
        // servers that a reload sent away may look at it once more.
        set_nonblocking(socket_.fd, false);
        slot->socket = socket_.fd;
        slot->peer = peer;
        slot->local = socket_.address;
        slot->local_known = true;
        slot->birthplace = job_.cgroup.get();
        started = runtime_.launcher.start(*slot);
    }
    if (started.pid < 0) {
        if (job_.admission) job_.admission->release(claim_, ::getpid());
        complain("fork: " + error_text(started.error) + "; tried again every second");
        return pause(shortage_delay);
    }
    complained_ = false;
    event_.disable();
    pid_ = started.pid;
    ticket_ = started.ticket;
    began_us_ = monotonic_us();
    peer_ = peer;
    runtime_.children.add(pid_, *this);
    board_.note_accepted(pid_, peer);
    if (wants_record(*job_.spec, Record::Kind::start))
        runtime_.record(*job_.spec, start_record(pid_, peer));
}

void Wait::Door::on_exit(const Exit& exit) noexcept {
    pid_ = 0;
    board_.note_ended(exit.pid);
    if (job_.admission) job_.admission->release(claim_, ::getpid());
    const Launcher::Failure known = std::exchange(known_failure_, {});
    const Launcher::Failure failure =
        known.error != 0 ? known : runtime_.launcher.outcome(std::exchange(ticket_, {}));
    const bool failed =
        failure.error != 0 || !WIFEXITED(exit.status) || WEXITSTATUS(exit.status) != 0;
    if (failure.error != 0)
        runtime_.record(*job_.spec, fail_record(describe(failure, *job_.plan), peer_, exit.pid));
    else if (wants_record(*job_.spec, Record::Kind::exit))
        runtime_.record(*job_.spec, exit_record(exit, peer_, began_us_));
    if (on_end_) on_end_();
    if (!accepting_) return;

    const bool quick = monotonic_us() - began_us_ < quick_us;
    const bool left =
        quick && suspicious_ &&
        still_there(head_, look_at_queue(socket_.fd, job_.spec->is_datagram()), failed);
    suspicious_ = quick;
    const Milliseconds time = respawn_.ended(left);
    if (time == 0) return watch();
    if (respawn_.newly_paused())
        runtime_.log(
            Level::error,
            fmt::format("{}: {} was started {} times and never took what waits in the socket; the "
                        "service pauses for {} s, then longer, and recovers by itself",
                        job_.spec->id, job_.plan->path, respawn_.futile() + 1, time / 1000));
    pause(time);
}

Wait::Wait(Runtime& runtime, Assignment assignment, std::function<void()> on_end)
    : runtime_(runtime),
      job_(std::move(assignment)),
      board_(runtime.boards, job_.spec, *this),
      on_end_(std::move(on_end)) {}
Wait::~Wait() = default;

void Wait::serve(std::vector<ListeningSocket> sockets) {
    std::erase_if(doors_, [](const auto& door) { return door->pid() == 0; });
    for (const ListeningSocket& socket : sockets) {
        const auto found = std::find_if(doors_.begin(), doors_.end(),
                                        [&](const auto& door) { return door->fd() == socket.fd; });
        if (found != doors_.end())
            (*found)->resume(socket);
        else
            doors_.push_back(std::make_unique<Door>(*this, socket));
    }
}

HandedDispatcher Wait::hand_over() noexcept {
    HandedDispatcher handed{.totals = board_.totals()};
    for (const auto& door : doors_) door->hand_over(handed);
    return handed;
}

void Wait::take_over(HandedDispatcher& handed, const std::vector<ListeningSocket>& sockets) {
    for (const HandedSession& session : handed.sessions) {
        const auto its = std::find_if(sockets.begin(), sockets.end(), [&](const auto& socket) {
            return session.socket != 0 && socket_cookie(socket.fd) == session.socket;
        });
        // Its socket may be nobody's any more; its end is still to be recorded.
        const ListeningSocket none;
        doors_.push_back(
            std::make_unique<Door>(*this, its == sockets.end() ? none : *its, Door::Socket::lent));
        doors_.back()->take_over(session);
        if (its == sockets.end()) doors_.back()->leave_alone();
    }
    board_.take_over(handed.totals, static_cast<unsigned>(handed.sessions.size()));
}

void Wait::show_sessions(ProgramBoard&) noexcept {
    for (const auto& door : doors_) door->show_session();
}

void Wait::stop_accepting() noexcept {
    for (const auto& door : doors_) door->leave_alone();
}

void Wait::adopt(Assignment assignment, bool new_servers) {
    job_ = std::move(assignment);
    board_.adopt(job_.spec);
    if (!new_servers) return;
    for (const auto& door : doors_) door->forget_failures();
}

unsigned Wait::sessions() const noexcept {
    return static_cast<unsigned>(std::count_if(doors_.begin(), doors_.end(),
                                               [](const auto& door) { return door->pid() != 0; }));
}

void Wait::signal_sessions(int signal) noexcept {
    for (const auto& door : doors_)
        if (door->pid() != 0 && ::kill(-door->pid(), signal) < 0) ::kill(door->pid(), signal);
}

}  // namespace minetd
