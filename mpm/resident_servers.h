// SPDX-License-Identifier: ISC
// The servers of a resident program's pool (`accept = yes`): copies of any program that takes its
// listening sockets by the LISTEN_FDS protocol and accepts for itself. What it is willing to tell
// (ready, idle, busy, alive, leaving) it tells by sd_notify(3); one that tells nothing is counted
// as ready when it has lived for a moment, and as idle.
//
// The sockets block when the pool begins, as a service manager's do. A program may change that: the
// mode belongs to the socket, so all copies then have it, and keep it over a reload.
#pragma once

#include <unordered_map>
#include <vector>

#include "daemon/os/notify_socket.h"
#include "mpm/notify_message.h"
#include "mpm/pool.h"

namespace minetd {

class ResidentServers : public ServerKind {
  public:
    /// Throws std::exception. `plan` is the keeper's own.
    ResidentServers(Pool& pool, const Assignment& job, std::shared_ptr<LaunchPlan> plan);

    pid_t start(unsigned slot) noexcept override;
    bool can_choose() const noexcept override { return true; }
    void retire(unsigned slot) noexcept override;
    void drain() noexcept override;
    Ending ended(unsigned slot, const Exit& exit) noexcept override;
    bool starts_slowly() const noexcept override { return true; }
    bool says_ready() const noexcept override { return says_ready_; }
    const char* sign_of_being_stuck(unsigned slot, Milliseconds now) const noexcept override;

  private:
    struct Seat {
        Launcher::Ticket ticket;
        std::int64_t began_us = 0;
        Milliseconds heard = 0;  ///< when it last said that it is alive, or became ready
        bool ready = false, busy = false, stuck = false;
        bool leaving = false;  ///< it said so, or was told to go
        bool told = false;
    };
    void describe(const Assignment& job, LaunchPlan& plan);
    void hear() noexcept;
    void apply(unsigned slot, const NotifyMessage& message) noexcept;
    void note_ready(unsigned slot) noexcept;
    void note_busy(unsigned slot, bool busy) noexcept;
    void trust_survivors() noexcept;
    const unsigned* sender(const NotifySocket::Message& message) const noexcept;
    Ending judge(const Seat& seat, const Exit& exit) noexcept;

    Pool& pool_;
    const ServiceSpec& spec_;
    const pid_t keeper_;
    const uid_t user_;
    std::vector<UniqueFd> sockets_;  ///< numbered above the places that a program gets them at
    std::shared_ptr<const LaunchPlan> plan_;
    Launcher launcher_;
    NotifySocket notify_;
    FdEvent notify_event_;
    Timer moment_;
    std::vector<Seat> seats_;
    std::unordered_map<pid_t, unsigned> slot_of_;
    bool says_ready_;
    bool tells_state_ = false;
};

}  // namespace minetd
