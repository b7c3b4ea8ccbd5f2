// SPDX-License-Identifier: ISC
#include "daemon/policy/ledger.h"

#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <vector>

#include "daemon/policy/ledger_lock.h"

namespace minetd {
namespace {

constexpr std::uint32_t bucket = 8;  // places that a source may have

constexpr auto relaxed = std::memory_order_relaxed;

}  // namespace

Ledger::Ledger() : memory_(sizeof(Shared)) {
    static_assert(std::atomic<std::uint32_t>::is_always_lock_free);
    static_assert(std::atomic<Milliseconds>::is_always_lock_free);
    // The pages come zeroed, which is the empty state of everything in them; nothing is touched
    // before it is used.
    if (::getrandom(&seed_, sizeof seed_, 0) != sizeof seed_)
        seed_ = static_cast<std::uint64_t>(monotonic_us());
}

Ledger::Ledger(UniqueFd memory, std::uint64_t seed)
    : memory_(std::move(memory), sizeof(Shared)), seed_(seed) {}

Ledger::~Ledger() = default;

std::size_t Ledger::bytes() noexcept {
    return sizeof(Shared);
}

Ledger::SourceEntry* Ledger::find_source(const Source& source, Milliseconds now) noexcept {
    // A secret seed keeps peers from choosing addresses that meet in one bucket.
    std::uint64_t hash = (source.key.low ^ seed_) * 0x9E3779B97F4A7C15U + source.kind;
    hash ^= hash >> 29;
    hash = (hash ^ source.key.high) * 0xBF58476D1CE4E5B9U;
    hash ^= hash >> 32;
    SourceEntry* const first =
        &shared().sources[hash % (Shared::source_capacity / bucket) * bucket];

    SourceEntry* victim = nullptr;
    unsigned victim_count = 0;
    for (SourceEntry* entry = first; entry < first + bucket; ++entry) {
        if (entry->source == source) {
            entry->last_used = now;
            return entry;
        }
        if (entry->running > 0) continue;
        // Whoever has started least recently, and owes its bucket nothing, loses least by being
        // forgotten.
        unsigned count = 0;
        if (entry->source.known())
            count = 1 + window_count(entry->minute, now, minute_slice) +
                    (entry->rate_full_at > now * 1'000'000 ? 1 : 0);
        if (victim == nullptr || count < victim_count ||
            (count == victim_count && entry->last_used < victim->last_used)) {
            victim = entry;
            victim_count = count;
        }
    }
    if (victim != nullptr) {
        victim->source.kind = 0;  // unknown until it is complete
        Shared::order_writes();
        victim->source.key = source.key;
        victim->running = 0;
        victim->last_used = now;
        victim->rate_full_at = 0;
        victim->minute = Window{};
        Shared::order_writes();
        victim->source.kind = source.kind;
    }
    return victim;
}

const Guard* Ledger::admit(const Limits& limits, const Source& source, Milliseconds now, pid_t who,
                           Claim& claim) noexcept {
    claim = 0;
    if (unlimited(limits)) return nullptr;
    Shared& all = shared();
    Facts facts;
    const Lock lock(*this, who);
    if (!lock) {
        facts.claims_exhausted = true;
        return decide(Guard::Stage::counts, limits, facts);
    }
    if (all.disowned.load(relaxed) != 0) sweep();

    facts.running = all.running.load(relaxed);
    facts.in_minute = limits.service_max ? window_count(all.minute, now, minute_slice) : 0;
    facts.in_second = limits.cps ? window_count(all.second, now, second_slice) : 0;
    facts.claims_exhausted = all.free_claim.load(relaxed) == 0 &&
                             all.claims_used.load(relaxed) >= Shared::claim_capacity;
    facts.cps_pausing = now < all.paused_until.load(relaxed);
    SourceEntry* entry = nullptr;
    if (counts_sources(limits) && source.known()) {
        entry = find_source(source, now);
        facts.source_untracked = entry == nullptr;
        if (entry != nullptr) {
            facts.running_from_source = entry->running;
            facts.in_minute_from_source = window_count(entry->minute, now, minute_slice);
            if (limits.rate) facts.tokens = tokens(entry->rate_full_at, *limits.rate, now);
        }
    }
    if (const Guard* guard = decide(Guard::Stage::counts, limits, facts)) {
        if (guard->trips_cps && !facts.cps_pausing)
            all.paused_until.store(now + limits.cps->wait * Milliseconds{1000}, relaxed);
        return guard;
    }

    Claim index = all.free_claim.load(relaxed);
    if (index == 0)
        index = all.claims_used.fetch_add(1, relaxed) + 1;
    else if (index <= Shared::claim_capacity)
        all.free_claim.store(all.claims[index].source.load(relaxed), relaxed);
    // Only a hostile writer gets us here.
    if (index == 0 || index > Shared::claim_capacity) index = Shared::claim_capacity;
    all.claims[index].source.store(
        entry == nullptr ? Shared::no_source : static_cast<std::uint32_t>(entry - all.sources) + 1,
        relaxed);
    Shared::order_writes();
    all.claims[index].owner.store(static_cast<std::uint32_t>(who), relaxed);
    all.running.fetch_add(1, relaxed);
    if (limits.service_max) window_add(all.minute, now, minute_slice);
    if (limits.cps) window_add(all.second, now, second_slice);
    if (entry != nullptr) {
        ++entry->running;
        window_add(entry->minute, now, minute_slice);
        if (limits.rate) entry->rate_full_at = take_token(entry->rate_full_at, *limits.rate, now);
    }
    claim = index;
    return nullptr;
}

unsigned Ledger::running() const noexcept {
    return shared().running.load(relaxed);
}

Milliseconds Ledger::paused_until() const noexcept {
    return shared().paused_until.load(relaxed);
}

LedgerMemory Ledger::memory(Milliseconds now, std::size_t most_sources) const {
    // Without the lock: what is read in the middle of a change is a count that is off by one, and a
    // process of the service could write anything in any case.
    LedgerMemory memory;
    const Shared& all = shared();
    memory.minute = all.minute;
    memory.paused_until = all.paused_until.load(relaxed);
    // Read as a file, past the holes: to look at a page by its address would make it one.
    constexpr std::size_t chunk = 64;
    std::vector<SourceEntry> entries(chunk);
    const auto begin = static_cast<off_t>(offsetof(Shared, sources));
    constexpr auto size = static_cast<off_t>(sizeof(SourceEntry));
    for (off_t index = 0; index < off_t{Shared::source_capacity}; index += chunk) {
        const off_t data = ::lseek(fd(), begin + index * size, SEEK_DATA);
        if (data < 0) break;
        index = std::max(index, (data - begin) / size / off_t{chunk} * off_t{chunk});
        if (index >= off_t{Shared::source_capacity}) break;
        constexpr std::size_t bytes = chunk * sizeof(SourceEntry);
        if (::pread(fd(), entries.data(), bytes, begin + index * size) !=
            static_cast<ssize_t>(bytes))
            break;
        for (const SourceEntry& entry : entries)
            if (entry.source.known())
                memory.sources.push_back(
                    {entry.source, entry.last_used, entry.rate_full_at, entry.minute});
    }
    keep_what_holds(memory, now, most_sources);
    return memory;
}

void Ledger::recall(const LedgerMemory& memory, Milliseconds now) noexcept {
    Shared& all = shared();
    all.minute = memory.minute;
    all.paused_until.store(memory.paused_until, relaxed);
    for (const LedgerMemory::Known& known : memory.sources) {
        SourceEntry* const entry = find_source(known.source, now);
        if (entry == nullptr) continue;
        entry->last_used = known.last_used;
        entry->rate_full_at = known.rate_full_at;
        entry->minute = known.minute;
    }
}

}  // namespace minetd
