// SPDX-License-Identifier: ISC
#include "daemon/os/free_memory.h"

#include <malloc.h>

#include <algorithm>
#include <climits>

namespace minetd {

void keep_free_memory(std::uint64_t bytes) noexcept {
    constexpr std::uint64_t most = INT_MAX;
    ::mallopt(M_TRIM_THRESHOLD, static_cast<int>(bytes == 0 ? most : std::min(bytes, most)));
}

}  // namespace minetd
