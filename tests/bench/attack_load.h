// SPDX-License-Identifier: ISC
// Clients that mean harm: they connect and say nothing, or a byte a second of a request that never
// ends, and connect again soon after the server has closed.
#pragma once

#include <atomic>
#include <cstdint>
#include <stop_token>
#include <thread>

namespace minetd::bench {

struct Load;

/// `load.attackers` of them on a thread of its own, from construction to destruction.
class Attack {
  public:
    explicit Attack(const Load& load);

    /// Connections that the server has ended, or refused.
    std::uint64_t closed() const { return closed_; }

  private:
    void run(const std::stop_token& stop);

    const Load& load_;
    std::atomic<std::uint64_t> closed_{0};
    std::jthread thread_;
};

}  // namespace minetd::bench
