// SPDX-License-Identifier: ISC
#include "daemon/policy/window.h"

namespace minetd {
namespace {

constexpr std::int64_t ring = Window::slices + 1;

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
        window.slice = current;
    }
    while (window.slice < current) window.counts[++window.slice % ring] = 0;
    ++window.counts[window.slice % ring];
}

}  // namespace minetd
