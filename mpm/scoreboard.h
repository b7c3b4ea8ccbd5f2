// SPDX-License-Identifier: ISC
// What the servers of a pool are doing, in memory they share with the process that keeps the pool.
// A server writes its own slot; the keeper reads. Nothing that decides over processes is in here:
// pids and which slots are taken are the keeper's own, so a lie costs at most a wrong number of
// spares.
#pragma once

#include <atomic>
#include <cstdint>

namespace minetd {

enum class ServerState : std::uint8_t { starting, idle, busy };

class Scoreboard {
  public:
    /// Shared with whatever this process forks from now on. Throws std::system_error.
    explicit Scoreboard(unsigned slots);
    ~Scoreboard();
    Scoreboard(const Scoreboard&) = delete;
    Scoreboard& operator=(const Scoreboard&) = delete;

    unsigned slots() const noexcept { return slots_; }

    // -- the keeper
    void reset(unsigned slot) noexcept;
    ServerState state(unsigned slot) const noexcept;
    std::uint32_t connections(unsigned slot) const noexcept;
    /// Idle servers at which one that goes busy speaks up.
    void set_alarm(int idle_servers, int event_fd) noexcept;
    /// Idle servers by the servers' own account.
    int idle_count() const noexcept;
    /// Mends what a killed server left wrong: `counted` is the truth as long as the account is
    /// still what it was `before` the counting.
    void correct_idle(int before, int counted) noexcept;
    /// The keeper has heard: the next server that takes a last spare speaks up again.
    void clear_alarm() noexcept;

    // -- a server
    void idle(unsigned slot) noexcept;
    /// The last idle server to go busy wakes the keeper; `always` wakes it in any case. Safe on
    /// borrowed memory: raw system calls only.
    void busy(unsigned slot, bool always = false) noexcept;
    /// Wakes the keeper, once until it has heard.
    void wake() noexcept;

  private:
    struct Shared;
    Shared& shared() const noexcept { return *shared_; }

    unsigned slots_;
    std::size_t size_;
    Shared* shared_;
};

}  // namespace minetd
