// SPDX-License-Identifier: ISC
// How much freed memory a process keeps for its next need.
#pragma once

#include <cstdint>

namespace minetd {

/// Bytes at the end of the heap beyond which freed memory goes back to the system; 0: it never
/// does. Apache's MaxMemFree; glibc's M_TRIM_THRESHOLD, mallopt(3).
void keep_free_memory(std::uint64_t bytes) noexcept;

}  // namespace minetd
