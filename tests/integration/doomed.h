// SPDX-License-Identifier: ISC
// The connections that a killed process held, and their ends had to be.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>

namespace minetd {

/// By the clients' ports and the time: a port may come again, but not while its connection has an
/// end that is stopped.
class Doomed {
  public:
    using Clock = std::chrono::steady_clock;

    void add(const std::set<std::uint16_t>& ports) {
        const std::lock_guard held(mutex_);
        for (const std::uint16_t port : ports) last_[port] = Clock::now();
    }
    /// That of a connection which began then.
    bool contains(std::uint16_t port, Clock::time_point since) {
        const std::lock_guard held(mutex_);
        const auto found = last_.find(port);
        return found != last_.end() && found->second >= since;
    }

  private:
    std::mutex mutex_;
    std::map<std::uint16_t, Clock::time_point> last_;
};

}  // namespace minetd
