// SPDX-License-Identifier: ISC
// The monotonic clock, read where time enters; policy gets it as a number.
#pragma once

#include <cstdint>
#include <ctime>

namespace minetd {

using Milliseconds = std::int64_t;

/// CLOCK_MONOTONIC in milliseconds.
inline Milliseconds monotonic_ms() noexcept {
    timespec now;
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<Milliseconds>(now.tv_sec) * 1000 + now.tv_nsec / 1'000'000;
}

/// CLOCK_MONOTONIC in microseconds.
inline std::int64_t monotonic_us() noexcept {
    timespec now;
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000;
}

}  // namespace minetd
