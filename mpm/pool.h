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
#include "mpm/pool_refusal.h"
#include "mpm/scoreboard.h"
#include "mpm/server_kind.h"
#include "mpm/server_watch.h"
#include "mpm/throttle.h"

namespace minetd {

/// The places that a pool of this shape needs.
BoardSize board_size(const PoolShape& shape) noexcept;

class Pool {
  public:
    /// The sockets are borrowed. Throws std::exception.
    Pool(const Assignment& job, std::vector<ListeningSocket> sockets, Channel& control);
    ~Pool();

    /// Serves until told to drain and the last server is gone; returns the exit status.
    int run(std::unique_ptr<ServerKind> kind);

    EventLoop& loop() noexcept { return loop_; }
    Scoreboard& scoreboard() noexcept { return scoreboard_; }
    Reporter& reporter() noexcept { return reporter_; }
    Channel& control() noexcept { return control_; }
    int wake_fd() const noexcept { return wake_fd_.get(); }
    const Server& server(unsigned slot) const noexcept { return servers_[slot]; }
    /// A server is on its way out: it is replaced, and has drain_timeout to finish.
    void note_leaving(unsigned slot) noexcept;
    /// The servers tell whether they are busy: their number follows the load from now on.
    void follow_load() noexcept;
    unsigned slots() const noexcept { return static_cast<unsigned>(servers_.size()); }
    const PoolShape& shape() const noexcept { return shape_; }
    const std::vector<ListeningSocket>& sockets() const noexcept { return sockets_; }

  private:
    PoolCounts counts() noexcept;
    void maintain(bool tick) noexcept;
    void start(unsigned count) noexcept;
    void retire(unsigned count) noexcept;
    void retire_slot(unsigned slot) noexcept;
    void watch_servers() noexcept;
    void give_up(unsigned slot, std::string_view why) noexcept;
    bool any_serves() const noexcept;
    unsigned backlog() noexcept;
    void set_alarm() noexcept;
    void report_ready() noexcept;
    void on_deadline() noexcept;
    Exit reap_server() noexcept;
    void reap_servers() noexcept;
    void on_server_exit(unsigned slot, const Exit& exit) noexcept;
    void on_wake() noexcept;
    void on_control() noexcept;
    void on_tick() noexcept;
    void on_signal(int signal) noexcept;
    void drain() noexcept;
    void on_orphaned() noexcept;
    void signal_servers(int signal) noexcept;

    std::shared_ptr<const ServiceSpec> spec_;
    const PoolLimits& limits_;
    const unsigned orphan_timeout_;  ///< seconds; 0: none
    PoolShape shape_;
    std::vector<ListeningSocket> sockets_;
    const Admission* admission_;  ///< null: everybody is let in
    Channel& control_;
    Reporter reporter_;
    EventLoop loop_;
    UniqueFd wake_fd_;
    Scoreboard scoreboard_;
    std::unique_ptr<ServerKind> kind_;
    SignalEvents signals_;
    ChildSignal child_signal_;
    FdEvent wake_event_, control_event_;
    Timer tick_, again_, kill_, deadline_, let_go_;
    ServerWatch watch_;
    PoolRefusal refusal_;
    PoolMemory memory_;
    Throttle throttle_;
    Milliseconds paused_until_ = 0;
    std::vector<Server> servers_;
    std::unordered_map<pid_t, unsigned> slot_of_;
    bool died_ = false;          ///< a server was killed since the last look at the queue
    unsigned retiring_any_ = 0;  ///< retire_any() units not answered by an end
    bool draining_ = false;
    Milliseconds orphaned_at_ = 0;  ///< 0: there is a superdaemon
    bool reported_ready_ = false, reported_saying_ = false;
    bool reported_exhausted_ = false;
};

}  // namespace minetd
