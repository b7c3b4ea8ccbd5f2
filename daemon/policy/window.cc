// SPDX-License-Identifier: ISC
#include "daemon/policy/window.h"

#include <atomic>

namespace minetd {
namespace {

constexpr std::int64_t ring = Window::slices + 1;

/// A process that is killed here leaves what it wrote before, and nothing of what comes after: a
/// slice is empty before it is the current one.
void order_writes() noexcept {
    std::atomic_signal_fence(std::memory_order_seq_cst);
}

}  // namespace

unsigned window_count(const Window& window, Milliseconds now, Milliseconds slice_length) noexcept {
    const std::int64_t current = now / slice_length;
    unsigned count = 0;
    for (std::int64_t age = 0; age < ring; ++age) {
        const std::int64_t slice = window.slice - age;
        if (slice > current - ring && slice >= 0) count += window.counts[slice % ring];
    }
    return count;
}

void window_add(Window& window, Milliseconds now, Milliseconds slice_length) noexcept {
    const std::int64_t current = now / slice_length;
    if (current - window.slice >= ring) {
        for (std::uint32_t& count : window.counts) count = 0;
        order_writes();
        window.slice = current;
    }
    while (window.slice < current) {
        window.counts[(window.slice + 1) % ring] = 0;
        order_writes();
        ++window.slice;
        order_writes();
    }
    ++window.counts[window.slice % ring];
}

}  // namespace minetd
