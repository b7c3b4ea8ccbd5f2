// SPDX-License-Identifier: ISC
// What a service's ledger knows of the past, apart from who is there now: plain numbers, for the
// next life of the daemon. Times are of the monotonic clock, which goes on over a restart.
#pragma once

#include <vector>

#include "daemon/policy/source.h"
#include "daemon/policy/token_bucket.h"
#include "daemon/policy/window.h"

namespace minetd {

struct LedgerMemory {
    struct Known {
        Source source;
        Milliseconds last_used = 0;
        FullAt rate_full_at = 0;
        Window minute;
        bool operator==(const Known&) const = default;
    };
    Window minute;
    Milliseconds paused_until = 0;  ///< of cps
    std::vector<Known> sources;

    bool empty() const noexcept {
        return minute == Window{} && paused_until == 0 && sources.empty();
    }
    bool operator==(const LedgerMemory&) const = default;
};

/// Leaves only what can be true at `now` and matters still: it was written by others than those who
/// go by it. Of sources the `most` that were there last.
void keep_what_holds(LedgerMemory& memory, Milliseconds now, std::size_t most);

}  // namespace minetd
