// SPDX-License-Identifier: ISC
// Numbers that vary, and the mixing step behind them.
#pragma once

#include <sys/random.h>

#include <atomic>
#include <cstdint>
#include <random>

namespace minetd {

/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
constexpr std::uint64_t split_mix(std::uint64_t z) noexcept {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

/// For what must not be guessed.
inline std::uint64_t random_seed() {
    std::uint64_t seed = 0;
    if (::getrandom(&seed, sizeof seed, 0) != sizeof seed) seed = std::random_device{}();
    return seed;
}

/// For what only should vary: they can be guessed. Threads share it: a step is one atomic addition.
class RandomNumbers {
  public:
    std::uint64_t next() noexcept {
        constexpr std::uint64_t golden = 0x9e3779b97f4a7c15;
        return split_mix(seed_.fetch_add(golden, std::memory_order_relaxed) + golden);
    }

  private:
    std::atomic<std::uint64_t> seed_ = std::random_device{}();
};

}  // namespace minetd
