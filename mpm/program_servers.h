// SPDX-License-Identifier: ISC
// The servers of a program's pool: children on the keeper's memory that wait for a client and then
// become the program. All waiting ones are equal, so the kernel chooses which of them goes home.
#pragma once

#include <vector>

#include "mpm/pool.h"
#include "mpm/prefork.h"

namespace minetd {

class ProgramServers : public ServerKind {
  public:
    /// Throws std::exception. `plan` is the keeper's own.
    ProgramServers(Pool& pool, const Assignment& job, std::shared_ptr<const LaunchPlan> plan);

    pid_t start(unsigned slot) noexcept override;
    bool can_choose() const noexcept override { return false; }
    bool becomes_program() const noexcept override { return true; }
    void retire_any(unsigned count) noexcept override;
    void drain() noexcept override;
    Ending ended(unsigned slot, const Exit& exit) noexcept override;
    void attend() noexcept override;

  private:
    struct Seat {
        WaitingServer server;
        Launcher::Ticket ticket;
        bool announced = false;
    };
    void announce(unsigned slot) noexcept;
    bool has_client(unsigned slot) const noexcept {
        return seats_[slot].server.admitted.load(std::memory_order_acquire);
    }

    Pool& pool_;
    const ServiceSpec& spec_;
    std::shared_ptr<const LaunchPlan> plan_;
    Launcher launcher_;
    UniqueFd retire_fd_;
    RefusalBox refusals_;
    WaitingSeat waiting_;
    std::vector<Seat> seats_;
};

}  // namespace minetd
