// SPDX-License-Identifier: ISC
#include "mpm/pool.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sysexits.h>

#include <algorithm>
#include <climits>
#include <cstdio>

#include "daemon/os/process.h"
#include "daemon/os/socket.h"
#include "daemon/os/system_error.h"

namespace minetd {
namespace {

constexpr Milliseconds second = 1000, kill_after = 2000, shortage_pause = 1000;
constexpr int never = INT_MIN;
/// For those who wait in a backlog that will be nobody's.
constexpr Milliseconds orphan_patience = 1000;
/// Servers that are replaced for their size in one second: all at once would be a gap.
constexpr std::size_t most_outgrown = 4;
constexpr auto relaxed = std::memory_order_relaxed;

}  // namespace

BoardSize board_size(const PoolShape& shape) noexcept {
    // As many places again for those who are on their way out: they hold none of the new ones'.
    constexpr unsigned leaving = 32;
    return {.servers = 2 * shape.most + leaving, .threads = shape.threads};
}

Pool::Pool(const Assignment& job, std::vector<ListeningSocket> sockets, Channel& control)
    : spec_(job.spec),
      limits_(spec_->pool),
      orphan_timeout_(job.orphan_timeout),
      shape_(shape_of(*spec_)),
      sockets_(std::move(sockets)),
      admission_(job.admission.get()),
      control_(control),
      reporter_(control, *spec_),
      wake_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      scoreboard_(job.board_fd, board_size(shape_)),
      signals_(loop_, [this](int signal, pid_t, int) { on_signal(signal); }),
      // Where sessions are counted, a place must be free as soon as one ends.
      child_signal_(
          loop_, [this] { reap_servers(); }, !spec_->limits.instances && !spec_->limits.per_source),
      wake_event_(loop_, wake_fd_.get(), [this] { on_wake(); }),
      control_event_(loop_, control.fd(), [this] { on_control(); }),
      tick_(loop_, [this] { on_tick(); }),
      again_(loop_, [this] { maintain(false); }),
      kill_(loop_, [this] { signal_servers(SIGKILL); }),
      deadline_(loop_, [this] { on_deadline(); }),
      let_go_(loop_, [this] { on_orphaned(); }),
      watch_(limits_, scoreboard_),
      refusal_(*spec_, sockets_, admission_, loop_, scoreboard_, reporter_),
      servers_(scoreboard_.servers()) {
    if (!wake_fd_) throw_errno("eventfd");
    reporter_.count_on(scoreboard_);
    set_alarm();
    // As after Apache's graceful restart: the old generation still serves.
    if (job.generation > 1) memory_.hold_off = 10;
}

Pool::~Pool() = default;

int Pool::run(std::unique_ptr<ServerKind> kind) {
    kind_ = std::move(kind);
    wake_event_.enable();
    control_event_.enable();
    start(shape_.start);
    report_ready();
    tick_.schedule(second);
    loop_.run();
    reporter_.finish();
    return EX_OK;
}

void Pool::set_alarm() noexcept {
    const bool reactive = limits_.spawn_policy == SpawnPolicy::reactive && !shape_.fixed;
    const int at = reactive ? static_cast<int>(shape_.min_spare) : refusal_.wanted() ? 1 : never;
    scoreboard_.set_alarm(at, wake_fd_.get());
}

void Pool::follow_load() noexcept {
    shape_.fixed = false;
    set_alarm();
}

/// The parent may take it that this pool serves.
void Pool::report_ready() noexcept {
    const bool saying = kind_->says_ready();
    if (reported_ready_ && saying == reported_saying_) return;
    if (!reported_ready_ && kind_->starts_slowly()) {
        const bool starting =
            std::any_of(servers_.begin(), servers_.end(), [](const Server& server) {
                return server.pid != 0 && !server.served && !server.leaving;
            });
        if (starting || !any_serves()) return;
    }
    reporter_.ready(saying);
    reported_ready_ = true;
    reported_saying_ = saying;
}

PoolCounts Pool::counts() noexcept {
    PoolCounts counts;
    const int before = scoreboard_.idle_count();
    int idle = 0;
    unsigned one_worker_idle = 0;
    for (unsigned slot = 0; slot < slots(); ++slot) {
        Server& server = servers_[slot];
        if (server.pid == 0) continue;
        const Scoreboard::Workers workers = scoreboard_.count(slot);
        idle += static_cast<int>(workers.idle);
        if (workers.began() && !std::exchange(server.served, true)) throttle_.started();
        if (scoreboard_.server(slot).retiring.load(relaxed)) note_leaving(slot);
        if (server.leaving) {
            ++counts.leaving;
            continue;
        }
        ++counts.servers;
        counts.idle += workers.idle + workers.starting;
        counts.busy += workers.busy;
        one_worker_idle += workers.idle + workers.starting;
    }
    scoreboard_.correct_idle(before, idle);
    // Of servers that were told to go without saying which (they have one worker each).
    const unsigned going = std::min(one_worker_idle, retiring_any_);
    counts.idle -= going;
    counts.servers -= going;
    counts.leaving += going;
    if (counts.idle < shape_.min_spare) counts.waiting = backlog();
    return counts;
}

unsigned Pool::backlog() noexcept {
    unsigned waiting = 0;
    if (!spec_->is_datagram())
        for (const ListeningSocket& socket : sockets_) waiting += backlog_of(socket.fd);
    scoreboard_.note_backlog(waiting);
    return waiting;
}

void Pool::maintain(bool tick) noexcept {
    if (draining_) return;
    const Milliseconds now = monotonic_ms();
    // Before counting: a server that goes busy from now on speaks up again, or is counted.
    if (!reported_exhausted_ || tick || refusal_.wanted()) scoreboard_.clear_alarm();
    const PoolCounts counts = this->counts();
    const PoolPlan step = plan(shape_, counts, now, tick, memory_);
    if (step.start > 0 && now >= paused_until_) start(step.start);
    if (step.retire > 0) retire(step.retire);
    report_ready();
    scoreboard_.set_exhausted(step.exhausted);
    if (step.exhausted && !std::exchange(reported_exhausted_, true))
        reporter_.log(
            Level::warning,
            fmt::format("{}: reached {} ({}); further connections {}", spec_->id,
                        shape_.workers == 1 ? "max_request_workers" : "the limit of its servers",
                        shape_.most * shape_.threads,
                        refusal_.wanted() ? "are refused" : "wait in the backlog"));
    if (step.busy_pool)
        reporter_.log(Level::info,
                      fmt::format("{}: seems busy; starting {} servers", spec_->id, step.start));
    refusal_.set_refusing(step.exhausted && counts.idle == 0);
    if (step.again > 0) again_.schedule(step.again);
    // While nothing can be started, hearing of every connection would only cost.
    if (!step.exhausted && tick) reported_exhausted_ = false;
}

void Pool::start(unsigned count) noexcept {
    for (unsigned slot = 0; slot < slots() && count > 0; ++slot) {
        if (servers_[slot].pid != 0) continue;
        scoreboard_.occupy(slot, shape_.workers);
        const pid_t pid = kind_->start(slot);
        if (pid < 0) {
            scoreboard_.vacate(slot);
            if (monotonic_ms() >= paused_until_)
                reporter_.log(Level::error, fmt::format("{}: fork: {}; tried again in a second",
                                                        spec_->id, error_text(-pid)));
            paused_until_ = monotonic_ms() + shortage_pause;
            again_.schedule(shortage_pause);
            return;
        }
        watch_.reset(slot);
        servers_[slot] = {.pid = pid, .began = monotonic_ms()};
        slot_of_[pid] = slot;
        --count;
    }
}

/// Whoever has least to do goes first; of those, the last in the table. A server with one worker
/// goes only when it is idle.
void Pool::retire(unsigned count) noexcept {
    for (; count > 0; --count) {
        unsigned chosen = slots(), least = ~0U;
        for (unsigned slot = slots(); slot-- > 0;) {
            const Server& server = servers_[slot];
            if (server.pid == 0 || server.leaving) continue;
            const Scoreboard::Workers workers = scoreboard_.count(slot);
            const unsigned load = workers.busy + scoreboard_.server(slot).connections.load(relaxed);
            if (!workers.began() || (shape_.workers == 1 && load > 0) || load >= least) continue;
            least = load;
            chosen = slot;
            if (load == 0) break;
        }
        if (chosen == slots()) return;
        if (!kind_->can_choose()) {
            kind_->retire_any(count);
            retiring_any_ += count;
            return;
        }
        retire_slot(chosen);
    }
}

void Pool::note_leaving(unsigned slot) noexcept {
    Server& server = servers_[slot];
    if (!std::exchange(server.leaving, true)) server.told = monotonic_ms();
    scoreboard_.server(slot).leaving.store(true, relaxed);
}

void Pool::retire_slot(unsigned slot) noexcept {
    note_leaving(slot);
    kind_->retire(slot);
}

void Pool::give_up(unsigned slot, std::string_view why) noexcept {
    Server& server = servers_[slot];
    reporter_.log(Level::warning,
                  fmt::format("{}: server {} {}; killed and replaced", spec_->id, server.pid, why));
    server.killed = server.leaving = true;
    if (::kill(-server.pid, SIGKILL) < 0) ::kill(server.pid, SIGKILL);
}

/// Once a second.
void Pool::watch_servers() noexcept {
    const Milliseconds now = monotonic_ms();
    std::vector<unsigned> outgrown;
    for (unsigned slot = 0; slot < slots(); ++slot) {
        const Server& server = servers_[slot];
        if (server.pid == 0 || server.killed) continue;
        const std::string fault = watch_.fault(slot, server, *kind_, now);
        if (!fault.empty())
            give_up(slot, fault);
        else if (!draining_ && outgrown.size() < most_outgrown && kind_->can_choose() &&
                 watch_.has_outgrown(server))
            outgrown.push_back(slot);
    }
    start(static_cast<unsigned>(outgrown.size()));  // the successors first
    for (const unsigned slot : outgrown) {
        reporter_.log(Level::info, fmt::format("{}: server {} has outgrown max_memory_per_child",
                                               spec_->id, servers_[slot].pid));
        retire_slot(slot);
    }
}

void Pool::on_wake() noexcept {
    std::uint64_t count;
    if (::read(wake_fd_.get(), &count, sizeof count) < 0) return;
    kind_->attend();
    reap_servers();  // their places are needed
    maintain(false);
    if (draining_) scoreboard_.clear_alarm();
}

void Pool::on_tick() noexcept {
    tick_.schedule(second);
    reporter_.flush(monotonic_ms());
    if (admission_ != nullptr) admission_->settle();
    kind_->attend();
    backlog();
    watch_servers();
    maintain(true);
    if (draining_) {
        kind_->drain();
        if (slot_of_.empty()) loop_.stop();
    }
}

void Pool::on_control() noexcept {
    const bool goes_on =
        receive_controls(control_, [this](const ControlMessage& message, UniqueFd attached) {
            if (message.kind == ControlMessage::Kind::drain)
                drain();
            else if (message.kind >= ControlMessage::Kind::board)
                kind_->hear_board(message, std::move(attached));
            else
                kind_->answer(message);
        });
    if (goes_on) return;
    control_event_.disable();
    on_orphaned();
}

void Pool::on_signal(int signal) noexcept {
    if (signal != SIGTERM && signal != SIGINT) return;
    drain();
    signal_servers(SIGTERM);
    kill_.schedule(kill_after);
}

void Pool::drain() noexcept {
    if (!std::exchange(draining_, true) && limits_.drain_timeout != 0)
        deadline_.schedule(second * limits_.drain_timeout);
    refusal_.set_refusing(false);
    for (const auto& [pid, slot] : slot_of_) scoreboard_.server(slot).leaving.store(true, relaxed);
    kind_->drain();
    if (slot_of_.empty()) loop_.stop();
}

/// The superdaemon is gone. What another holds for its successor is left to him at once; on what
/// nobody else holds, those who wait already are served, and then nobody listens any more: who
/// comes is refused, and a new start can bind.
void Pool::on_orphaned() noexcept {
    const Milliseconds now = monotonic_ms();
    const auto listens = [this](const ListeningSocket& socket) {
        return !socket.kept && !spec_->is_datagram() && !spec_->is_resident();
    };
    const bool alone = std::any_of(sockets_.begin(), sockets_.end(), listens);
    if (orphaned_at_ == 0) {
        orphaned_at_ = now;
        for (const ListeningSocket& socket : sockets_)
            if (listens(socket)) stop_handshakes(socket.fd);
    }
    if (alone && !draining_ && backlog() > 0 && now - orphaned_at_ < orphan_patience)
        return let_go_.schedule(orphan_patience / 50);
    const bool drained_before = draining_;
    drain();
    for (const ListeningSocket& socket : sockets_)
        if (listens(socket) && !drained_before) ::shutdown(socket.fd, SHUT_RDWR);
    const Milliseconds deadline = second * orphan_timeout_;
    if (deadline != 0 && (limits_.drain_timeout == 0 || orphan_timeout_ < limits_.drain_timeout))
        deadline_.schedule(deadline);
}

void Pool::on_deadline() noexcept {
    reporter_.log(Level::warning,
                  fmt::format("{}: {} servers of an old generation have not finished after {} s; "
                              "terminated",
                              spec_->id, slot_of_.size(), limits_.drain_timeout));
    signal_servers(SIGTERM);
    kill_.schedule(kill_after);
}

void Pool::signal_servers(int signal) noexcept {
    // A program leads a session of its own, so its children hear of it too.
    for (const auto& [pid, slot] : slot_of_)
        if (::kill(-pid, signal) < 0) ::kill(pid, signal);
}

}  // namespace minetd
