// SPDX-License-Identifier: ISC
#include "mpm/pool.h"

#include <fmt/format.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <sysexits.h>

#include <climits>

#include "daemon/os/process.h"
#include "daemon/os/system_error.h"

namespace minetd {
namespace {

constexpr Milliseconds second = 1000, kill_after = 2000, shortage_pause = 1000;
/// Slots beyond the limit, for servers on their way out: they hold no place of the new ones.
constexpr unsigned leaving_slots = 32;
constexpr int never = INT_MIN;

}  // namespace

Pool::Pool(std::shared_ptr<const ServiceSpec> spec, Ledger* ledger, Channel& control)
    : spec_(std::move(spec)),
      limits_(spec_->pool),
      ledger_(ledger),
      control_(control),
      reporter_(control, *spec_),
      wake_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      scoreboard_(most_servers(spec_->pool) + leaving_slots),
      signals_(loop_, [this](int signal, pid_t) { on_signal(signal); }),
      // Where sessions are counted, a place must be free as soon as one ends.
      child_signal_(
          loop_, [this] { reap_servers(); }, !spec_->limits.instances && !spec_->limits.per_source),
      wake_event_(loop_, wake_fd_.get(), [this] { on_wake(); }),
      control_event_(loop_, control.fd(), [this] { on_control(); }),
      tick_(loop_, [this] { on_tick(); }),
      again_(loop_, [this] { maintain(false); }),
      kill_(loop_, [this] { signal_servers(SIGKILL); }),
      servers_(scoreboard_.slots()) {
    if (!wake_fd_) throw_errno("eventfd");
    const bool reactive = limits_.spawn_policy == SpawnPolicy::reactive;
    scoreboard_.set_alarm(reactive ? static_cast<int>(limits_.min_spare_servers) : never,
                          wake_fd_.get());
}

Pool::~Pool() = default;

int Pool::run(std::unique_ptr<ServerKind> kind) {
    kind_ = std::move(kind);
    wake_event_.enable();
    control_event_.enable();
    start(std::min(limits_.start_servers, most_servers(limits_)));
    reporter_.ready();
    tick_.schedule(second);
    loop_.run();
    reporter_.finish();
    return EX_OK;
}

PoolCounts Pool::counts() noexcept {
    PoolCounts counts;
    const int before = scoreboard_.idle_count();
    int idle = 0;
    for (unsigned slot = 0; slot < slots(); ++slot) {
        if (servers_[slot].pid == 0) continue;
        const ServerState state = scoreboard_.state(slot);
        if (state == ServerState::idle) ++idle;
        if (state != ServerState::starting) {
            if (!servers_[slot].served) throttle_.started();
            servers_[slot].served = true;
        }
        if (servers_[slot].leaving)
            ++counts.leaving;
        else if (state == ServerState::busy)
            ++counts.busy;
        else
            ++counts.idle;
    }
    scoreboard_.correct_idle(before, idle);
    const unsigned going = std::min(counts.idle, retiring_any_);
    counts.idle -= going;
    counts.leaving += going;
    return counts;
}

void Pool::maintain(bool tick) noexcept {
    if (draining_) return;
    const Milliseconds now = monotonic_ms();
    // Before counting: a server that goes busy from now on speaks up again, or is counted.
    if (!reported_exhausted_ || tick) scoreboard_.clear_alarm();
    const PoolPlan step = plan(limits_, counts(), now, tick, memory_);
    if (step.start > 0 && now >= paused_until_) start(step.start);
    if (step.retire > 0) retire(step.retire);
    if (step.exhausted && !std::exchange(reported_exhausted_, true))
        reporter_.log(
            Level::warning,
            fmt::format(
                "{}: reached max_request_workers ({}); further connections wait in the backlog",
                spec_->id, most_servers(limits_)));
    if (step.busy_pool)
        reporter_.log(Level::info,
                      fmt::format("{}: seems busy; starting {} servers", spec_->id, step.start));
    if (step.again > 0) again_.schedule(step.again);
    // While nothing can be started, hearing of every connection would only cost.
    if (!step.exhausted && tick) reported_exhausted_ = false;
}

void Pool::start(unsigned count) noexcept {
    for (unsigned slot = 0; slot < slots() && count > 0; ++slot) {
        if (servers_[slot].pid != 0) continue;
        scoreboard_.reset(slot);
        const pid_t pid = kind_->start(slot);
        if (pid < 0) {
            if (monotonic_ms() >= paused_until_)
                reporter_.log(Level::error, fmt::format("{}: fork: {}; tried again in a second",
                                                        spec_->id, error_text(-pid)));
            paused_until_ = monotonic_ms() + shortage_pause;
            return;
        }
        servers_[slot] = {.pid = pid};
        slot_of_[pid] = slot;
        --count;
    }
}

void Pool::retire(unsigned count) noexcept {
    for (unsigned slot = slots(); slot-- > 0 && count > 0;) {
        Server& server = servers_[slot];
        if (server.pid == 0 || server.leaving || scoreboard_.state(slot) != ServerState::idle)
            continue;
        if (!kind_->retire(slot)) {
            kind_->retire_any(count);
            retiring_any_ += count;
            return;
        }
        server.leaving = true;
        --count;
    }
}

void Pool::reap_servers() noexcept {
    bool any = false;
    for (Exit exit = reap(); exit.pid != 0; exit = reap()) {
        const auto found = slot_of_.find(exit.pid);
        if (found == slot_of_.end()) continue;
        const unsigned slot = found->second;
        slot_of_.erase(found);
        on_server_exit(slot, exit);
        any = true;
    }
    if (!any) return;
    if (draining_) {
        if (slot_of_.empty()) loop_.stop();
        return;
    }
    maintain(false);
}

void Pool::on_server_exit(unsigned slot, const Exit& exit) noexcept {
    Server& server = servers_[slot];
    const ServerState state = scoreboard_.state(slot);
    const bool served = server.served || state != ServerState::starting;
    // Its place is free before anybody hears that it is.
    if (ledger_ != nullptr && !ledger_->release_all(exit.pid)) unsettled_.push_back(exit.pid);
    const bool start_failed = kind_->ended(slot, exit) || !served;
    if (state == ServerState::idle && retiring_any_ > 0) --retiring_any_;
    const bool leaving = server.leaving || draining_;
    server = {};

    const Milliseconds now = monotonic_ms();
    Milliseconds delay = 0;
    if (!start_failed && kind_->becomes_program() && state == ServerState::busy)
        give_back_program(memory_);
    else if (!start_failed)
        give_back(memory_);
    // Servers that fall together are one failure: the pause grows from one try to the next.
    const bool paused = now < paused_until_;
    if (start_failed && !leaving && !paused) {
        delay = throttle_.start_failed();
        reporter_.log(Level::error,
                      fmt::format("{}: a server failed to start (pid {}); next try in {} s",
                                  spec_->id, exit.pid, delay / 1000));
    } else if (WIFSIGNALED(exit.status) && !leaving && !paused && state == ServerState::idle) {
        delay = throttle_.crashed(now);
        reporter_.log(Level::error, fmt::format("{}: idle server {} was killed by signal {}",
                                                spec_->id, exit.pid, WTERMSIG(exit.status)));
    }
    if (delay > 0) {
        paused_until_ = now + delay;
        again_.schedule(delay);
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
    if (ledger_ != nullptr)
        std::erase_if(unsettled_, [this](pid_t pid) { return ledger_->release_all(pid); });
    kind_->attend();
    maintain(true);
    if (draining_) {
        kind_->drain();
        if (slot_of_.empty()) loop_.stop();
    }
}

void Pool::on_control() noexcept {
    ControlMessage message;
    UniqueFd attached;
    for (;;) {
        switch (receive_control(control_, message, attached)) {
            case Channel::Received::nothing:
                return;
            case Channel::Received::end:
                control_event_.disable();
                return drain();
            case Channel::Received::message:
                if (message.kind == ControlMessage::Kind::drain)
                    drain();
                else
                    kind_->answer(message);
        }
    }
}

void Pool::on_signal(int signal) noexcept {
    if (signal != SIGTERM && signal != SIGINT) return;
    drain();
    signal_servers(SIGTERM);
    kill_.schedule(kill_after);
}

void Pool::drain() noexcept {
    draining_ = true;
    kind_->drain();
    if (slot_of_.empty()) loop_.stop();
}

void Pool::signal_servers(int signal) noexcept {
    // A program leads a session of its own, so its children hear of it too.
    for (const auto& [pid, slot] : slot_of_)
        if (::kill(-pid, signal) < 0) ::kill(pid, signal);
}

}  // namespace minetd
