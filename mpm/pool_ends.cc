// SPDX-License-Identifier: ISC
// The ends of a pool's servers: whose claims are given back, whether one is a failure, and what
// takes its place.
#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>

#include "daemon/os/process.h"
#include "daemon/os/socket.h"
#include "mpm/pool.h"

namespace minetd {
namespace {

constexpr auto relaxed = std::memory_order_relaxed;

}  // namespace

Exit Pool::reap_server() noexcept {
    if (admission_ == nullptr) return reap();
    // Its claims are given back as long as its pid cannot be another's, in this pool or in the one
    // that replaces it.
    const pid_t pid = ended_child();
    if (pid == 0) return {};
    admission_->release_all(pid);
    return reap(pid);
}

void Pool::reap_servers() noexcept {
    bool any = false;
    for (Exit exit = reap_server(); exit.pid != 0; exit = reap_server()) {
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
    if (!std::exchange(died_, false) || monotonic_ms() < paused_until_) return;
    // Whoever died may have been woken for a connection, and nobody else was: a new server looks.
    const bool waiting = std::any_of(sockets_.begin(), sockets_.end(),
                                     [](const auto& socket) { return is_readable(socket.fd); });
    if (waiting && counts().servers < (shape_.fixed ? shape_.start : shape_.most)) start(1);
}

void Pool::on_server_exit(unsigned slot, const Exit& exit) noexcept {
    Server& server = servers_[slot];
    const Ending ending = kind_->ended(slot, exit);  // hears its last words
    const Scoreboard::Workers workers = scoreboard_.count(slot);
    const bool served = server.served || workers.began();
    // One that came, served and retired may not have been looked at in between.
    const bool ended_well = WIFEXITED(exit.status) && WEXITSTATUS(exit.status) == 0;
    const bool start_failed = ending == Ending::failed_start || !(served || ended_well);
    if (!kind_->can_choose() && workers.idle > 0 && retiring_any_ > 0) --retiring_any_;
    const bool leaving = server.leaving || draining_, killed = server.killed;
    const bool signaled = WIFSIGNALED(exit.status);
    const std::uint32_t lost = workers.busy + scoreboard_.server(slot).connections.load(relaxed);
    const bool worked = scoreboard_.totals_of(slot).accesses > 0;
    scoreboard_.vacate(slot);
    server = {};

    const Milliseconds now = monotonic_ms();
    const bool its_program = ending == Ending::program;
    if (its_program)
        give_back_program(memory_);
    else if (!start_failed)
        give_back(memory_);
    if (signaled && !its_program) died_ = true;
    // Servers that fall together are one failure: the pause grows from one try to the next.
    if (now < paused_until_ || draining_) return;
    Milliseconds delay = 0;
    if (start_failed && (!leaving || killed)) {
        delay = throttle_.start_failed();
        reporter_.log(Level::error,
                      fmt::format("{}: a server failed to start (pid {}); next try in {} s",
                                  spec_->id, exit.pid, delay / 1000));
    } else if (ending == Ending::crash && !leaving) {
        // Once it has served, or as long as others do, it was this one's misfortune.
        if (!worked && !any_serves()) delay = throttle_.crashed(now);
        reporter_.log(
            Level::error,
            fmt::format("{}: server {} {}, {}", spec_->id, exit.pid, end_text(exit.status),
                        lost == 0 ? "idle" : fmt::format("with {} connections", lost)));
    } else if (ending == Ending::early && !leaving) {
        // A program that leaves the foreground would fill the machine.
        delay = throttle_.crashed(now);
        if (delay > 0)
            reporter_.log(Level::error,
                          fmt::format("{}: servers end as soon as they have started (the last was "
                                      "{}); next try in {} s",
                                      spec_->id, exit.pid, delay / 1000));
    }
    if (delay > 0) {
        paused_until_ = now + delay;
        again_.schedule(delay);
    }
}

bool Pool::any_serves() const noexcept {
    for (unsigned slot = 0; slot < slots(); ++slot)
        if (servers_[slot].pid != 0 && !servers_[slot].leaving && scoreboard_.count(slot).began())
            return true;
    return false;
}

}  // namespace minetd
