// SPDX-License-Identifier: ISC
// A histogram of durations with a relative error below one percent, fixed in size: recording costs
// a few instructions and never allocates.
#pragma once

#include <array>
#include <cstdint>

namespace minetd::bench {

class Latency {
  public:
    void add(std::uint64_t nanoseconds) noexcept;
    /// The duration that `share` (0 to 1) of the recorded ones do not exceed, in nanoseconds; 0
    /// when empty.
    std::uint64_t quantile(double share) const noexcept;
    std::uint64_t count() const noexcept { return count_; }
    std::uint64_t longest() const noexcept { return longest_; }

  private:
    static constexpr unsigned step_bits = 7;  // 128 buckets per power of two
    std::array<std::uint32_t, (64 - step_bits + 1) << step_bits> buckets_{};
    std::uint64_t count_ = 0;
    std::uint64_t longest_ = 0;
};

}  // namespace minetd::bench
