// SPDX-License-Identifier: ISC
// How many in the last while: a sliding window in slices, so that no moment admits more than the
// limit within one window, which a counter that is reset now and then cannot promise (inetd's
// lets nearly twice its limit pass around a reset).
#pragma once

#include <cstdint>

#include "daemon/os/clock.h"

namespace minetd {

/// Counts events over `slices` slices of time and the current one. Plain data: it lives in shared
/// memory, zeroed at first.
struct Window {
    static constexpr unsigned slices = 12;

    std::int64_t slice = 0;  ///< number of the current slice since the clock's origin
    std::uint32_t counts[slices + 1] = {};
    bool operator==(const Window&) const = default;
};

/// Lengths of one slice: twelve make a minute, and a second.
inline constexpr Milliseconds minute_slice = 5000;
inline constexpr Milliseconds second_slice = 84;

/// Events in the window that ends now.
unsigned window_count(const Window& window, Milliseconds now, Milliseconds slice_length) noexcept;
void window_add(Window& window, Milliseconds now, Milliseconds slice_length) noexcept;

}  // namespace minetd
