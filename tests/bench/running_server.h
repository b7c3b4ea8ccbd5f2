// SPDX-License-Identifier: ISC
// A server while it is measured: started on a CPU account of its own, stopped with all its
// children.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "tests/bench/cpu_account.h"
#include "tests/bench/servers.h"

namespace minetd::bench {

class RunningServer {
  public:
    /// Starts it and returns when its first port listens. Throws std::runtime_error with the last
    /// lines of its log when it ends or takes longer than ten seconds. The calling process must be
    /// a subreaper and have no other children.
    RunningServer(const std::string& name, const Launch&, const Site&);
    ~RunningServer();
    RunningServer(const RunningServer&) = delete;
    RunningServer& operator=(const RunningServer&) = delete;

    /// Returns when it has used no CPU for a moment, so that its pool is there; after five seconds
    /// in any case.
    void await_rest() const;

    const CpuAccount& account() const { return *account_; }
    /// The daemon itself: the process started, or the one it left behind.
    pid_t pid() const { return pid_; }

  private:
    void await_port(std::uint16_t port);
    void adopt_orphan();
    std::string last_words() const;

    std::string log_;
    std::unique_ptr<CpuAccount> account_;
    pid_t pid_ = -1;
    bool is_child_ = true;  ///< pid_ has not left its place to an orphan
};

}  // namespace minetd::bench
