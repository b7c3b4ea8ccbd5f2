// SPDX-License-Identifier: ISC
// The counts of one service, in memory that all processes which accept for it share. Deciding and
// counting are one step under one lock, so a limit of N admits exactly N, whoever accepts.
//
// Every admitted session holds a claim that names the process which answers for it. When a process
// ends, however it ends, its parent gives its claims back, and mends what it may have left half
// written. A hostile process can falsify the counts of its own service and nothing else: whatever
// is read from the memory is read once and bounded, and who has others to serve never waits for the
// lock without an end. Where it cannot be had nobody is admitted.
#pragma once

#include <atomic>
#include <cstdint>

#include "daemon/os/clock.h"
#include "daemon/os/shared_memory.h"
#include "daemon/policy/guards.h"
#include "daemon/policy/ledger_memory.h"
#include "daemon/policy/source.h"

namespace minetd {

/// An admitted session's place in the ledger; 0 is none (nothing is limited).
using Claim = std::uint32_t;

class Ledger {
  public:
    Ledger();  ///< throws std::system_error
    /// A former image's, with its seed; the claims in it stay. Throws std::exception.
    Ledger(UniqueFd memory, std::uint64_t seed);
    ~Ledger();

    /// In a forked child that accepts for the service. It serves nobody else: from now on it waits
    /// for the lock as long as it takes.
    void remap() {
        memory_.remap();
        patient_ = true;
    }
    int fd() const noexcept { return memory_.fd(); }
    std::uint64_t seed() const noexcept { return seed_; }
    /// Size of the memory: another layout has another.
    static std::size_t bytes() noexcept;

    /// Asks the guards that go by counts and, when none refuses (the result is null), counts the
    /// session for process `who`. Allocates nothing and calls no library: a child on borrowed
    /// memory may use it.
    const Guard* admit(const Limits& limits, const Source& source, Milliseconds now, pid_t who,
                       Claim& claim) noexcept;
    /// Where the lock cannot be had, whoever has it next gives it back.
    void release(Claim claim, pid_t who) noexcept;

    /// Process `who` has ended: gives back what it held. Its pid must not be another's yet, so this
    /// comes before the reaping, or before any other process may have been started after it. False
    /// when the lock could not be had in reasonable time: settle() later.
    bool release_all(pid_t who) noexcept;
    /// Gives back what processes held of which release_all() was told in vain.
    bool settle() noexcept;

    /// Sessions that are counted now; a statistic, read without the lock.
    unsigned running() const noexcept;
    /// When a pause of `cps` ends, in monotonic milliseconds; 0: none.
    Milliseconds paused_until() const noexcept;

    /// What remains of the past, as far as it matters at `now`; of at most so many sources.
    LedgerMemory memory(Milliseconds now, std::size_t most_sources) const;
    /// Into a ledger that nobody has used yet. `memory` is as keep_what_holds() leaves it.
    void recall(const LedgerMemory& memory, Milliseconds now) noexcept;

  private:
    struct Shared;
    struct SourceEntry;
    class Lock;

    Shared& shared() const noexcept { return *static_cast<Shared*>(memory_.address()); }
    SourceEntry* find_source(const Source& source, Milliseconds now) noexcept;
    std::uint32_t claims_used() const noexcept;
    void disown(pid_t who) noexcept;
    void sweep() noexcept;
    void rebuild() noexcept;
    void free_claim(Claim claim) noexcept;

    SharedMemory memory_;
    std::uint64_t seed_;
    bool patient_ = false;
    /// It was waited for in vain: until it is had again, no more than a look is taken at it.
    std::atomic<bool> stuck_{false};
};

}  // namespace minetd
