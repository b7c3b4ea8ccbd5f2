// SPDX-License-Identifier: ISC
// How many connections a server of the event MPM holds, and may hold.
#pragma once

#include <atomic>

#include "mpm/serving_process.h"

namespace minetd {

/// Apache: ThreadsPerChild + AsyncRequestWorkerFactor x idle threads. Shared by all threads.
class Capacity {
  public:
    /// `factor` 0: no bound.
    Capacity(ServingProcess& process, unsigned threads, double factor) noexcept
        : process_(process), threads_(threads), factor_(factor) {}

    bool full() const noexcept {
        return factor_ > 0 && held_.load(std::memory_order_relaxed) >= most();
    }
    unsigned held() const noexcept { return held_.load(std::memory_order_relaxed); }
    void take() noexcept;
    void give_back() noexcept;
    /// A thread runs a step that may block.
    void occupy(int threads) noexcept { occupied_.fetch_add(threads, std::memory_order_relaxed); }
    /// Tells the keeper whether this process is of use to the next client.
    void tell() noexcept;

  private:
    double most() const noexcept {
        const int idle = static_cast<int>(threads_) - occupied_.load(std::memory_order_relaxed);
        return threads_ + factor_ * idle;
    }

    ServingProcess& process_;
    unsigned threads_;
    double factor_;
    std::atomic<unsigned> held_{0};
    std::atomic<int> occupied_{0};
};

}  // namespace minetd
