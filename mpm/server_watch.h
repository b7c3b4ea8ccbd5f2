// SPDX-License-Identifier: ISC
// What is wrong with a server, if anything: it never got ready, is stuck in a step, stays after it
// was told to go, or has grown too large. Looked at once a second.
#pragma once

#include <string>

#include "mpm/pool_policy.h"
#include "mpm/server_kind.h"
#include "mpm/stuck_watch.h"

namespace minetd {

class ServerWatch {
  public:
    ServerWatch(const PoolLimits& limits, const Scoreboard& board);

    /// A server has started in this slot.
    void reset(unsigned slot) noexcept { stuck_.reset(slot); }
    /// Why the server is to be killed and replaced, to follow its name; empty: it is not.
    std::string fault(unsigned slot, const Server& server, const ServerKind& kind,
                      Milliseconds now) noexcept;
    /// It is larger than max_memory_per_child.
    bool has_outgrown(const Server& server) const noexcept;

  private:
    bool is_stuck(unsigned slot, const ServerKind& kind, Milliseconds now) noexcept;

    const PoolLimits& limits_;
    const Scoreboard& board_;
    StuckWatch stuck_;
};

}  // namespace minetd
