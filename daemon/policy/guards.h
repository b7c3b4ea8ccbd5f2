// SPDX-License-Identifier: ISC
// May this connection be served now? One ordered table; the first guard that refuses wins, and its
// name is the reason in the record. A guard sees numbers and says yes or no: it reads no clock,
// takes no lock, and is the same for a program, a builtin and a pool.
#pragma once

#include <span>
#include <string_view>

#include "daemon/config/service_spec.h"

namespace minetd {

/// What the guards may look at, gathered in one instant by whoever accepts.
struct Counts {
    unsigned running = 0;              ///< sessions of the service
    unsigned running_from_source = 0;  ///< of these, from the peer's source
    unsigned in_second = 0;            ///< starts in the last second
    unsigned in_minute = 0;            ///< starts in the last 60 s
    unsigned in_minute_from_source = 0;
    bool cps_pausing = false;       ///< `cps` tripped, and its wait is not over
    bool source_untracked = false;  ///< too many sources at once to count this one: fail closed
    bool claims_exhausted = false;  ///< more sessions than the ledger can hold
};

struct Guard {
    std::string_view reason;  ///< as xinetd words it in a FAIL record, where it has the word
    bool (*refuses)(const Limits&, const Counts&) noexcept;
    bool waits;      ///< with `overflow = queue` the connection waits instead of being refused
    bool trips_cps;  ///< a refusal begins the pause of `cps`
};

/// In the order in which they are asked: xinetd's.
std::span<const Guard> guards() noexcept;

/// The first guard that refuses, or null: admitted.
const Guard* decide(const Limits& limits, const Counts& counts) noexcept;

/// Nothing is limited: the counts need not even be gathered.
bool unlimited(const Limits& limits) noexcept;
/// Some limit counts per source.
bool counts_sources(const Limits& limits) noexcept;

}  // namespace minetd
