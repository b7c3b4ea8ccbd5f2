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

/// Read once: a hostile process of the service could write anything, and do so meanwhile.
std::int64_t newest_slice(const Window& window) noexcept {
    return __atomic_load_n(&window.slice, __ATOMIC_RELAXED);
}

}  // namespace

unsigned window_count(const Window& window, Milliseconds now, Milliseconds slice_length) noexcept {
    const std::int64_t current = now / slice_length, newest = newest_slice(window);
    unsigned count = 0;
    for (std::int64_t age = 0; age < ring && age <= newest; ++age) {
        const std::int64_t slice = newest - age;
        if (slice > current - ring) count += window.counts[slice % ring];
    }
    return count;
}

void window_add(Window& window, Milliseconds now, Milliseconds slice_length) noexcept {
    const std::int64_t current = now / slice_length;
    std::int64_t newest = newest_slice(window);
    if (newest < 0 || newest <= current - ring) {
        for (std::uint32_t& count : window.counts) count = 0;
        order_writes();
        window.slice = newest = current;
    }
    while (newest < current) {
        window.counts[(newest + 1) % ring] = 0;
        order_writes();
        window.slice = ++newest;
        order_writes();
    }
    ++window.counts[newest % ring];
}

}  // namespace minetd
