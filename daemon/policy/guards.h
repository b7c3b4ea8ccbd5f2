// SPDX-License-Identifier: ISC
// May this connection be served now? One ordered table; the first guard that refuses wins, and its
// name is the reason in the record. A guard sees numbers and says yes or no: it reads no clock,
// takes no lock, and is the same for a program, a builtin and a pool. A new guard is one function
// and one row.
#pragma once

#include <span>
#include <string_view>

#include "daemon/config/service_spec.h"
#include "daemon/policy/access_table.h"

namespace minetd {

/// What the guards may look at, gathered in one instant by whoever accepts.
struct Facts {
    // -- of the peer and the host; only what the service has a rule about
    bool sensed = false;  ///< a sensor has told of this peer, not long ago
    /// Programs of all `nowait` services, and how many there may be; for the process that starts
    /// them.
    unsigned programs = 0, programs_most = ~0U;
    Verdict access = Verdict::allow;   ///< of the address lists; unknown is refused
    unsigned minute = 0;               ///< since local midnight
    double load = 0;                   ///< of the host
    Verdict libwrap = Verdict::allow;  ///< of hosts.allow and hosts.deny; unknown is refused
    Verdict ident = Verdict::allow;    ///< of the peer's ident daemon; unknown is refused
    // -- of the ledger, under its lock
    unsigned running = 0;              ///< sessions of the service
    unsigned running_from_source = 0;  ///< of these, from the peer's source
    unsigned in_second = 0;            ///< starts in the last second
    unsigned in_minute = 0;            ///< starts in the last 60 s
    unsigned in_minute_from_source = 0;
    unsigned tokens = ~0U;          ///< that the source's bucket (`rate`) has left
    bool source_untracked = false;  ///< too many sources at once to count this one: fail closed
    bool cps_pausing = false;       ///< `cps` tripped, and its wait is not over
    bool claims_exhausted = false;  ///< more sessions than the ledger can hold
};

/// Programs of all `nowait` services at once, in the process that starts them.
struct ProgramCount {
    unsigned running = 0;
    unsigned most = ~0U;  ///< `process_limit`
};

struct Guard {
    /// Which of the facts it goes by: those known at once, or the counts, which are gathered only
    /// for peers that every guard of the first stage lets pass.
    enum class Stage : std::uint8_t { peer, counts };

    std::string_view reason;  ///< as xinetd words it in a FAIL record, where it has the word
    Stage stage;
    bool (*refuses)(const Limits&, const Facts&) noexcept;
    bool waits;      ///< with `overflow = queue` the connection waits instead of being refused
    bool trips_cps;  ///< a refusal begins the pause of `cps`
    /// A moment later it may let the same peer pass: a datagram is worth keeping until then.
    bool passes;
};

/// In the order in which they are asked; those of Stage::peer come first.
std::span<const Guard> guards() noexcept;

/// The first guard that refuses, or null: admitted.
const Guard* decide(const Limits& limits, const Facts& facts) noexcept;
/// The same of the guards of one stage.
const Guard* decide(Guard::Stage stage, const Limits& limits, const Facts& facts) noexcept;

/// The guard of `process_limit`, or null: one more program may be started.
const Guard* decide(const ProgramCount& programs) noexcept;

/// No guard counts anything: no ledger need be asked.
bool unlimited(const Limits& limits) noexcept;
/// Some limit counts per source.
bool counts_sources(const Limits& limits) noexcept;

}  // namespace minetd
