// SPDX-License-Identifier: ISC
#include "daemon/policy/ledger.h"

#include <sys/random.h>

#include <new>

#include "daemon/os/raw_syscall.h"
#include "daemon/policy/window.h"

namespace minetd {
namespace {

constexpr std::uint32_t claim_capacity = 32768;  // more sessions than descriptors
constexpr std::uint32_t source_capacity = 16384;
constexpr std::uint32_t bucket = 8;

constexpr std::uint32_t no_source = 0;  // else index + 1

struct ClaimEntry {
    std::uint32_t owner;   // pid; 0: free
    std::uint32_t source;  // of a free one: the next free claim
};

}  // namespace

struct alignas(128) Ledger::SourceEntry {
    Source source;
    std::uint32_t running;
    Milliseconds last_used;
    Window minute;
};

struct Ledger::Shared {
    std::atomic<std::uint32_t> owner;
    std::atomic<std::uint32_t> running;
    std::uint32_t free_claim;   // head of the list of given-back claims; 0: none
    std::uint32_t claims_used;  // claims that were ever handed out: [1, claims_used]
    Window minute, second;
    std::atomic<Milliseconds> paused_until;
    ClaimEntry claims[claim_capacity + 1];
    SourceEntry sources[source_capacity];
};

/// The holder's pid is the lock: whoever reaps that process can tell, and break it.
class Ledger::Lock {
  public:
    Lock(Shared& shared, pid_t who, unsigned patience) noexcept : shared_(shared) {
        const auto mine = static_cast<std::uint32_t>(who);
        for (unsigned attempt = 0;; ++attempt) {
            std::uint32_t expected = 0;
            if (shared_.owner.compare_exchange_weak(expected, mine, std::memory_order_acquire)) {
                held_ = true;
                return;
            }
            if (patience != 0 && attempt >= patience) return;
            if (attempt > 32) raw::syscall(SYS_sched_yield);
        }
    }
    /// Takes the lock over from a process that is known to be dead.
    Lock(Shared& shared, pid_t who, pid_t dead) noexcept : shared_(shared) {
        auto expected = static_cast<std::uint32_t>(dead);
        held_ = shared_.owner.compare_exchange_strong(expected, static_cast<std::uint32_t>(who),
                                                      std::memory_order_acquire);
    }
    ~Lock() {
        if (held_) shared_.owner.store(0, std::memory_order_release);
    }
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;
    explicit operator bool() const noexcept { return held_; }

  private:
    Shared& shared_;
    bool held_ = false;
};

Ledger::Ledger() : memory_(sizeof(Shared)) {
    static_assert(std::atomic<std::uint32_t>::is_always_lock_free);
    static_assert(std::atomic<Milliseconds>::is_always_lock_free);
    // The pages come zeroed, which is the empty state of everything in them; nothing is touched
    // before it is used.
    if (::getrandom(&seed_, sizeof seed_, 0) != sizeof seed_)
        seed_ = static_cast<std::uint64_t>(monotonic_us());
}

Ledger::~Ledger() = default;

Ledger::SourceEntry* Ledger::find_source(const Source& source, Milliseconds now) noexcept {
    // A secret seed keeps peers from choosing addresses that meet in one bucket.
    std::uint64_t hash = (source.key ^ seed_) * 0x9E3779B97F4A7C15U + source.kind;
    hash ^= hash >> 29;
    hash *= 0xBF58476D1CE4E5B9U;
    hash ^= hash >> 32;
    SourceEntry* const first = &shared().sources[hash % (source_capacity / bucket) * bucket];

    SourceEntry* victim = nullptr;
    unsigned victim_count = 0;
    for (SourceEntry* entry = first; entry < first + bucket; ++entry) {
        if (entry->source == source) {
            entry->last_used = now;
            return entry;
        }
        if (entry->running > 0) continue;
        // Whoever has started least recently loses least by being forgotten.
        const unsigned count =
            entry->source.known() ? window_count(entry->minute, now, minute_slice) + 1 : 0;
        if (victim == nullptr || count < victim_count ||
            (count == victim_count && entry->last_used < victim->last_used)) {
            victim = entry;
            victim_count = count;
        }
    }
    if (victim != nullptr) {
        victim->source = source;
        victim->running = 0;
        victim->last_used = now;
        victim->minute = Window{};
    }
    return victim;
}

const Guard* Ledger::admit(const Limits& limits, const Source& source, Milliseconds now, pid_t who,
                           Claim& claim) noexcept {
    claim = 0;
    if (unlimited(limits)) return nullptr;
    Shared& all = shared();
    const Lock lock(all, who, 0);

    Counts counts;
    counts.running = all.running.load(std::memory_order_relaxed);
    counts.in_minute = limits.service_max ? window_count(all.minute, now, minute_slice) : 0;
    counts.in_second = limits.cps ? window_count(all.second, now, second_slice) : 0;
    counts.claims_exhausted = all.free_claim == 0 && all.claims_used >= claim_capacity;
    counts.cps_pausing = now < all.paused_until.load(std::memory_order_relaxed);
    SourceEntry* entry = nullptr;
    if (counts_sources(limits) && source.known()) {
        entry = find_source(source, now);
        counts.source_untracked = entry == nullptr;
        if (entry != nullptr) {
            counts.running_from_source = entry->running;
            counts.in_minute_from_source = window_count(entry->minute, now, minute_slice);
        }
    }
    if (const Guard* guard = decide(limits, counts)) {
        if (guard->trips_cps && !counts.cps_pausing)
            all.paused_until.store(now + limits.cps->wait * Milliseconds{1000},
                                   std::memory_order_relaxed);
        return guard;
    }

    Claim index = all.free_claim;
    if (index == 0)
        index = ++all.claims_used;
    else if (index <= claim_capacity)
        all.free_claim = all.claims[index].source;
    if (index > claim_capacity) index = claim_capacity;  // only a hostile writer gets us here
    all.claims[index] = {
        static_cast<std::uint32_t>(who),
        entry == nullptr ? no_source : static_cast<std::uint32_t>(entry - all.sources) + 1};
    all.running.fetch_add(1, std::memory_order_relaxed);
    if (limits.service_max) window_add(all.minute, now, minute_slice);
    if (limits.cps) window_add(all.second, now, second_slice);
    if (entry != nullptr) {
        ++entry->running;
        window_add(entry->minute, now, minute_slice);
    }
    claim = index;
    return nullptr;
}

void Ledger::free_claim(Claim claim) noexcept {
    Shared& all = shared();
    ClaimEntry& entry = all.claims[claim];
    if (entry.source != no_source && entry.source <= source_capacity) {
        SourceEntry& source = all.sources[entry.source - 1];
        if (source.running > 0) --source.running;
    }
    if (all.running.load(std::memory_order_relaxed) > 0)
        all.running.fetch_sub(1, std::memory_order_relaxed);
    entry = {0, all.free_claim};
    all.free_claim = claim;
}

void Ledger::release(Claim claim, pid_t who) noexcept {
    if (claim == 0 || claim > claim_capacity) return;
    const Lock lock(shared(), who, 0);
    if (shared().claims[claim].owner == static_cast<std::uint32_t>(who)) free_claim(claim);
}

bool Ledger::release_all(pid_t who) noexcept {
    const pid_t self = static_cast<pid_t>(raw::syscall(SYS_getpid));
    Shared& all = shared();
    const auto clear = [&] {
        const std::uint32_t used =
            all.claims_used < claim_capacity ? all.claims_used : claim_capacity;
        for (Claim claim = 1; claim <= used; ++claim)
            if (all.claims[claim].owner == static_cast<std::uint32_t>(who)) free_claim(claim);
    };
    if (const Lock broken{all, self, who}) {
        // It died between two writes: what the claims say is the truth, the sums follow from it.
        clear();
        rebuild();
        return true;
    }
    const Lock lock(all, self, 10'000U);
    if (lock) clear();
    return static_cast<bool>(lock);
}

void Ledger::rebuild() noexcept {
    Shared& all = shared();
    if (all.claims_used > claim_capacity) all.claims_used = claim_capacity;
    for (SourceEntry& source : all.sources)
        if (source.running > 0) source.running = 0;
    all.free_claim = 0;
    std::uint32_t running = 0;
    for (Claim claim = 1; claim <= all.claims_used; ++claim) {
        ClaimEntry& entry = all.claims[claim];
        if (entry.owner == 0) {
            entry.source = all.free_claim;
            all.free_claim = claim;
            continue;
        }
        ++running;
        if (entry.source != no_source && entry.source <= source_capacity)
            ++all.sources[entry.source - 1].running;
    }
    all.running.store(running, std::memory_order_relaxed);
}

unsigned Ledger::running() const noexcept {
    return shared().running.load(std::memory_order_relaxed);
}

Milliseconds Ledger::paused_until() const noexcept {
    return shared().paused_until.load(std::memory_order_relaxed);
}

}  // namespace minetd
