// SPDX-License-Identifier: ISC
// Claims given back: by who holds them, by the parent of who held them, and after a process ended
// somewhere in the middle of it.
#include <sys/types.h>
#include <unistd.h>

#include "daemon/os/raw_syscall.h"
#include "daemon/policy/ledger_lock.h"

namespace minetd {
namespace {

constexpr auto relaxed = std::memory_order_relaxed;

}  // namespace

void Ledger::free_claim(Claim claim) noexcept {
    Shared& all = shared();
    Shared::ClaimEntry& entry = all.claims[claim];
    const std::uint32_t source = entry.source.load(relaxed);
    if (source != Shared::no_source && source <= Shared::source_capacity) {
        SourceEntry& its = all.sources[source - 1];
        if (its.running > 0) --its.running;
    }
    if (all.running.load(relaxed) > 0) all.running.fetch_sub(1, relaxed);
    entry.owner.store(0, relaxed);
    entry.source.store(all.free_claim.load(relaxed), relaxed);
    all.free_claim.store(claim, relaxed);
}

void Ledger::release(Claim claim, pid_t who) noexcept {
    if (claim == 0 || claim > Shared::claim_capacity) return;
    auto owner = static_cast<std::uint32_t>(who);
    Shared::ClaimEntry& entry = shared().claims[claim];
    if (const Lock lock(*this, who); lock) {
        if (entry.owner.load(relaxed) == owner) free_claim(claim);
    } else if (entry.owner.compare_exchange_strong(owner, Shared::nobody, relaxed)) {
        shared().disowned.store(1, std::memory_order_release);
    }
}

bool Ledger::release_all(pid_t who) noexcept {
    disown(who);
    const auto self = static_cast<pid_t>(raw::syscall(SYS_getpid));
    if (const Lock broken{*this, self, Lock::Dead{who}}) {
        sweep();
        return true;
    }
    return settle();
}

bool Ledger::settle() noexcept {
    if (shared().disowned.load(relaxed) == 0) return true;
    const auto self = static_cast<pid_t>(raw::syscall(SYS_getpid));
    const Lock lock(*this, self, Lock::Wait::bounded);
    if (lock) sweep();
    return static_cast<bool>(lock);
}

std::uint32_t Ledger::claims_used() const noexcept {
    const std::uint32_t used = shared().claims_used.load(relaxed);
    return used < Shared::claim_capacity ? used : Shared::claim_capacity;
}

void Ledger::disown(pid_t who) noexcept {
    // Needs no lock: nobody but the dead would have touched its claims.
    Shared& all = shared();
    bool any = false;
    for (Claim claim = 1, used = claims_used(); claim <= used; ++claim) {
        auto expected = static_cast<std::uint32_t>(who);
        if (all.claims[claim].owner.load(relaxed) == expected)
            any |=
                all.claims[claim].owner.compare_exchange_strong(expected, Shared::nobody, relaxed);
    }
    if (any) all.disowned.store(1, std::memory_order_release);
}

void Ledger::sweep() noexcept {
    // First, so that whoever disowns meanwhile is not forgotten.
    shared().disowned.exchange(0, std::memory_order_acq_rel);
    for (Claim claim = 1, used = claims_used(); claim <= used; ++claim)
        if (shared().claims[claim].owner.load(relaxed) == Shared::nobody) free_claim(claim);
}

void Ledger::rebuild() noexcept {
    Shared& all = shared();
    const std::uint32_t used = claims_used();
    all.claims_used.store(used, relaxed);
    for (SourceEntry& source : all.sources)
        if (source.running > 0) source.running = 0;
    all.free_claim.store(0, relaxed);
    std::uint32_t running = 0;
    for (Claim claim = 1; claim <= used; ++claim) {
        Shared::ClaimEntry& entry = all.claims[claim];
        if (entry.owner.load(relaxed) == 0) {
            entry.source.store(all.free_claim.load(relaxed), relaxed);
            all.free_claim.store(claim, relaxed);
            continue;
        }
        // Whoever swept may have died of it.
        if (entry.owner.load(relaxed) == Shared::nobody) all.disowned.store(1, relaxed);
        ++running;
        const std::uint32_t source = entry.source.load(relaxed);
        if (source != Shared::no_source && source <= Shared::source_capacity)
            ++all.sources[source - 1].running;
    }
    all.running.store(running, relaxed);
}

}  // namespace minetd
