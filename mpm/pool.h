// SPDX-License-Identifier: ISC
// The keeper of a pool: the one process of a pooled service, running as the service's user, that
// starts its servers, counts them, sends them home and replaces them. The skeleton is here once;
// what a server is (a builtin's process, a program that waits for its client) is behind ServerKind.
// The root process supervises the keeper and owns the sockets; it knows nothing of the servers.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "daemon/os/event_loop.h"
#include "daemon/os/signals.h"
#include "mpm/control.h"
#include "mpm/dispatcher.h"
#include "mpm/pool_policy.h"
#include "mpm/scoreboard.h"
#include "mpm/throttle.h"

namespace minetd {

/// What the keeper knows of one server; nobody else writes it.
struct Server {
    pid_t pid = 0;  ///< 0: the slot is free
    bool leaving = false;
    bool served = false;  ///< it got as far as waiting for clients
};

class Pool;

/// How the servers of a pool come to be and go.
class ServerKind {
  public:
    virtual ~ServerKind() = default;
    /// Makes a server in a free slot; returns its pid, or -errno.
    virtual pid_t start(unsigned slot) noexcept = 0;
    /// Asks one idle server to go home; returns false when it is for the kernel to choose which.
    virtual bool retire(unsigned slot) noexcept = 0;
    /// Asks `count` idle servers, whichever they are.
    virtual void retire_any(unsigned) noexcept {}
    /// A server serves one client and is that client's program until its end.
    virtual bool becomes_program() const noexcept { return false; }
    /// The servers are all to go as soon as they are idle.
    virtual void drain() noexcept = 0;
    /// A server was reaped. True: it failed to start.
    virtual bool ended(unsigned slot, const Exit& exit) noexcept = 0;
    /// A server has spoken up, or a second is over.
    virtual void attend() noexcept {}
    /// The parent's answer to a pass.
    virtual void answer(const ControlMessage&) noexcept {}
};

class Pool {
  public:
    Pool(std::shared_ptr<const ServiceSpec> spec, Ledger* ledger, Channel& control);
    ~Pool();

    /// Serves until told to drain and the last server is gone; returns the exit status.
    int run(std::unique_ptr<ServerKind> kind);

    EventLoop& loop() noexcept { return loop_; }
    Scoreboard& scoreboard() noexcept { return scoreboard_; }
    Reporter& reporter() noexcept { return reporter_; }
    Channel& control() noexcept { return control_; }
    int wake_fd() const noexcept { return wake_fd_.get(); }
    const Server& server(unsigned slot) const noexcept { return servers_[slot]; }
    unsigned slots() const noexcept { return static_cast<unsigned>(servers_.size()); }

  private:
    PoolCounts counts() noexcept;
    void maintain(bool tick) noexcept;
    void start(unsigned count) noexcept;
    void retire(unsigned count) noexcept;
    void reap_servers() noexcept;
    void on_server_exit(unsigned slot, const Exit& exit) noexcept;
    void on_wake() noexcept;
    void on_control() noexcept;
    void on_tick() noexcept;
    void on_signal(int signal) noexcept;
    void drain() noexcept;
    void signal_servers(int signal) noexcept;

    std::shared_ptr<const ServiceSpec> spec_;
    const PoolLimits& limits_;
    Ledger* ledger_;
    Channel& control_;
    Reporter reporter_;
    EventLoop loop_;
    UniqueFd wake_fd_;
    Scoreboard scoreboard_;
    std::unique_ptr<ServerKind> kind_;
    SignalEvents signals_;
    ChildSignal child_signal_;
    FdEvent wake_event_, control_event_;
    Timer tick_, again_, kill_;
    PoolMemory memory_;
    Throttle throttle_;
    Milliseconds paused_until_ = 0;
    std::vector<Server> servers_;
    std::unordered_map<pid_t, unsigned> slot_of_;
    std::vector<pid_t> unsettled_;  ///< ended, but the ledger's lock could not be had
    unsigned retiring_any_ = 0;     ///< retire_any() units not answered by an end
    bool draining_ = false;
    bool reported_exhausted_ = false;
};

}  // namespace minetd
