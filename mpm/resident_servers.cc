// SPDX-License-Identifier: ISC
#include "mpm/resident_servers.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>

#include "daemon/os/raw_syscall.h"
#include "daemon/os/socket.h"
#include "daemon/os/system_error.h"

namespace minetd {
namespace {

constexpr Milliseconds moment = 1000;  ///< a silent program that lived so long serves
constexpr int first_place = 3;         ///< SD_LISTEN_FDS_START
constexpr int notices_a_turn = 256;
constexpr std::size_t longest_name = 255;
constexpr auto relaxed = std::memory_order_relaxed;

/// Nobody would replace, count or stop a server whose keeper died: it is asked to go. Runs in the
/// child.
bool go_with_keeper(LaunchSlot& slot) noexcept {
    raw::syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGTERM);
    return raw::syscall(SYS_getppid) == *static_cast<const pid_t*>(slot.context);
}

/// A name that sd_listen_fds_with_names(3) takes: no colon, nothing that cannot be printed.
std::string socket_name(const std::string& id) {
    std::string name = id.substr(0, longest_name);
    std::replace_if(
        name.begin(), name.end(), [](char c) { return c <= ' ' || c > '~' || c == ':'; }, '_');
    return name;
}

}  // namespace

ResidentServers::ResidentServers(Pool& pool, const Assignment& job,
                                 std::shared_ptr<LaunchPlan> plan)
    : pool_(pool),
      spec_(*job.spec),
      keeper_(::getpid()),
      user_(::geteuid()),
      notify_event_(pool.loop(), notify_.fd(), [this] { hear(); }),
      moment_(pool.loop(), [this] { trust_survivors(); }),
      seats_(pool.slots()),
      says_ready_(job.says_ready) {
    describe(job, *plan);
    plan_ = std::move(plan);
    notify_event_.enable();
}

/// What all servers are told; the child adds its own pid (launch_child.cc).
void ResidentServers::describe(const Assignment& job, LaunchPlan& plan) {
    const std::size_t count = pool_.sockets().size();
    std::string names;
    for (const ListeningSocket& socket : pool_.sockets()) {
        // Later generations leave the mode alone: the programs that still serve chose it.
        if (job.generation == 1) set_nonblocking(socket.fd, false);
        const int above = first_place + static_cast<int>(count);
        UniqueFd copy(::fcntl(socket.fd, F_DUPFD_CLOEXEC, above));
        if (!copy) throw_errno("dup of a listening socket");
        plan.listening.push_back(copy.get());
        sockets_.push_back(std::move(copy));
        names += (names.empty() ? "" : ":") + socket_name(spec_.id);
    }
    plan.add_variable("LISTEN_FDS", std::to_string(count));
    plan.add_variable("LISTEN_FDNAMES", names);
    plan.add_variable("NOTIFY_SOCKET", notify_.name());
    plan.watchdog = spec_.pool.stuck_timeout != 0;
    if (plan.watchdog)
        plan.add_variable("WATCHDOG_USEC",
                          std::to_string(std::uint64_t{spec_.pool.stuck_timeout} * 1'000'000));
}

pid_t ResidentServers::start(unsigned slot) noexcept {
    LaunchSlot* launch = launcher_.prepare(plan_);
    if (launch == nullptr) return -ENOMEM;
    launch->before = go_with_keeper;
    launch->context = const_cast<pid_t*>(&keeper_);
    launch->pinned = true;
    const Launcher::Started started = launcher_.start(*launch);
    if (started.pid < 0) return -started.error;
    seats_[slot] = {};
    seats_[slot].ticket = started.ticket;
    seats_[slot].began_us = monotonic_us();
    slot_of_[started.pid] = slot;
    pool_.scoreboard().server(slot).pid.store(started.pid, relaxed);
    if (!says_ready_ && !moment_.pending()) moment_.schedule(moment);
    if (pool_.reporter().wants(Record::Kind::start))
        pool_.reporter().record(start_record(started.pid, {}));
    return started.pid;
}

/// A program that was never heard to say READY=1 serves if it is still there.
void ResidentServers::trust_survivors() noexcept {
    const std::int64_t now = monotonic_us();
    bool again = false;
    for (const auto& [pid, slot] : slot_of_) {
        if (seats_[slot].ready || says_ready_) continue;
        if (now - seats_[slot].began_us >= moment * 1000)
            note_ready(slot);
        else
            again = true;
    }
    if (again) moment_.schedule(moment / 10);
}

const unsigned* ResidentServers::sender(const NotifySocket::Message& message) const noexcept {
    auto found = slot_of_.find(message.pid);
    // A process that the server made speaks for it; other users' may have joined its group.
    if (found == slot_of_.end() && message.uid == user_)
        found = slot_of_.find(::getpgid(message.pid));
    return found == slot_of_.end() ? nullptr : &found->second;
}

void ResidentServers::hear() noexcept {
    for (int budget = notices_a_turn; budget > 0; --budget) {
        const auto message = notify_.receive();
        if (!message) return;
        if (const unsigned* slot = sender(*message))
            apply(*slot, parse_notification(message->text));
    }
}

void ResidentServers::apply(unsigned slot, const NotifyMessage& message) noexcept {
    Seat& seat = seats_[slot];
    if (message.ready) {
        if (!std::exchange(says_ready_, true)) pool_.scoreboard().wake();
        note_ready(slot);
    }
    if (message.alive) seat.heard = monotonic_ms();
    if (message.stuck) seat.stuck = true;
    if (message.busy) note_busy(slot, *message.busy);
    if (message.stopping && !std::exchange(seat.leaving, true)) {
        pool_.scoreboard().set_accepting(slot, false);
        pool_.note_leaving(slot);
        pool_.scoreboard().wake();
    }
}

void ResidentServers::note_ready(unsigned slot) noexcept {
    Seat& seat = seats_[slot];
    if (std::exchange(seat.ready, true)) return;
    seat.heard = monotonic_ms();
    pool_.scoreboard().idle(slot);
    pool_.scoreboard().wake();
}

void ResidentServers::note_busy(unsigned slot, bool busy) noexcept {
    if (!std::exchange(tells_state_, true)) pool_.follow_load();
    note_ready(slot);
    Seat& seat = seats_[slot];
    if (std::exchange(seat.busy, busy) == busy) return;
    Scoreboard& board = pool_.scoreboard();
    Scoreboard::ThreadLine& line = board.thread(slot, 0);
    const Milliseconds now = monotonic_ms();
    if (busy) {
        line.began.store(now, relaxed);
        board.accessed(slot);
        board.busy(slot);
        line.state.store(WorkerState::writing, relaxed);
    } else {
        line.ended.store(now, relaxed);
        line.busy.fetch_add(now - line.began.load(relaxed), relaxed);
        board.idle(slot);
    }
}

void ResidentServers::retire(unsigned slot) noexcept {
    seats_[slot].told = seats_[slot].leaving = true;
    pool_.scoreboard().set_accepting(slot, false);
    ::kill(pool_.server(slot).pid, SIGTERM);
}

void ResidentServers::drain() noexcept {
    for (const auto& [pid, slot] : slot_of_)
        if (!seats_[slot].told) retire(slot);
}

const char* ResidentServers::sign_of_being_stuck(unsigned slot, Milliseconds now) const noexcept {
    const Seat& seat = seats_[slot];
    if (seat.stuck) return "says that it is stuck (WATCHDOG=trigger)";
    const Milliseconds patience = Milliseconds{1000} * spec_.pool.stuck_timeout;
    if (patience == 0 || !seat.ready || seat.leaving || now - seat.heard < patience) return nullptr;
    return "is stuck: no WATCHDOG=1 came for longer than stuck_timeout";
}

Ending ResidentServers::judge(const Seat& seat, const Exit& exit) noexcept {
    if (WIFEXITED(exit.status) && WEXITSTATUS(exit.status) == 0)
        return seat.ready ? Ending::normal : Ending::early;
    return seat.ready ? Ending::crash : Ending::failed_start;
}

Ending ResidentServers::ended(unsigned slot, const Exit& exit) noexcept {
    hear();  // its last words
    Seat& seat = seats_[slot];
    const Launcher::Failure failure = launcher_.outcome(seat.ticket);
    const Ending ending = failure.error != 0 ? Ending::failed_start : judge(seat, exit);
    if (failure.error != 0)
        pool_.reporter().record(fail_record(minetd::describe(failure, *plan_), {}, exit.pid));
    else if (pool_.reporter().wants(Record::Kind::exit))
        pool_.reporter().record(exit_record(exit, {}, seat.began_us));
    // What a crashed server leaves behind would go on accepting, unseen.
    if (ending == Ending::crash && !seat.leaving) ::kill(-exit.pid, SIGTERM);
    slot_of_.erase(exit.pid);
    seat = {};
    return ending;
}

}  // namespace minetd
