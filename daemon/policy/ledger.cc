// SPDX-License-Identifier: ISC
#include "daemon/policy/ledger.h"

#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <new>
#include <vector>

#include "daemon/os/raw_syscall.h"
#include "daemon/policy/token_bucket.h"
#include "daemon/policy/window.h"

namespace minetd {
namespace {

constexpr std::uint32_t claim_capacity = 32768;  // more sessions than descriptors
constexpr std::uint32_t source_capacity = 16384;
constexpr std::uint32_t bucket = 8;

constexpr std::uint32_t no_source = 0;  // else index + 1

constexpr std::uint32_t nobody = 0xFFFFFFFFU;  // no pid is as large

struct ClaimEntry {
    std::atomic<std::uint32_t> owner;   // pid; 0: free; nobody: its owner has ended
    std::atomic<std::uint32_t> source;  // of a free one: the next free claim
};

constexpr auto relaxed = std::memory_order_relaxed;

/// In front of a write that must not be seen, should its process be killed, without those before.
void order_writes() noexcept {
    std::atomic_signal_fence(std::memory_order_seq_cst);
}

/// The child has ended. It is not reaped by this: its pid stays its own.
bool is_dead_child(pid_t pid) noexcept {
    siginfo_t info;
    info.si_pid = 0;
    return raw::syscall(SYS_waitid, P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT, nullptr) == 0 &&
           info.si_pid == pid;
}

}  // namespace

struct alignas(128) Ledger::SourceEntry {
    Source source;
    std::uint32_t running;
    Milliseconds last_used;
    FullAt rate_full_at;  ///< its token bucket
    Window minute;
};

struct Ledger::Shared {
    std::atomic<std::uint32_t> owner;
    std::atomic<std::uint32_t> running;
    std::atomic<std::uint32_t> disowned;     // not 0: some claims are nobody's
    std::atomic<std::uint32_t> claims_used;  // ever handed out: [1, claims_used]
    std::atomic<std::uint32_t> free_claim;   // head of the list of given-back claims; 0: none
    Window minute, second;
    std::atomic<Milliseconds> paused_until;
    ClaimEntry claims[claim_capacity + 1];
    SourceEntry sources[source_capacity];
};

/// The holder's pid is the lock: whoever reaps that process can tell, and break it.
class Ledger::Lock {
  public:
    enum class Wait : std::uint8_t { endless, bounded };
    /// As a type of its own: two numbers are too easily taken for each other.
    struct Dead {
        pid_t pid;
    };

    Lock(Ledger& ledger, pid_t who, Wait wait) noexcept : shared_(ledger.shared()) {
        const unsigned bound = ledger.stuck_.load(relaxed) ? stuck_attempts : attempts;
        held_ = take(ledger, static_cast<std::uint32_t>(who), wait == Wait::bounded ? bound : 0);
        if (wait == Wait::bounded) ledger.stuck_.store(!held_, relaxed);
    }
    Lock(Ledger& ledger, pid_t who) noexcept
        : Lock(ledger, who, ledger.patient_ ? Wait::endless : Wait::bounded) {}
    /// Takes the lock over from a process that is known to be dead, if it held it.
    Lock(Ledger& ledger, pid_t who, Dead holder) noexcept : shared_(ledger.shared()) {
        held_ = take_over(ledger, static_cast<std::uint32_t>(who), holder);
    }
    ~Lock() {
        if (held_) shared_.owner.store(0, std::memory_order_release);
    }
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;
    explicit operator bool() const noexcept { return held_; }

  private:
    /// Enough for whoever holds it to go on and let it go, and few milliseconds at most.
    static constexpr unsigned attempts = 10'000;
    static constexpr unsigned stuck_attempts = 64;

    /// At most so many attempts; 0: as many as it takes.
    bool take(Ledger& ledger, std::uint32_t mine, unsigned most) noexcept {
        for (unsigned attempt = 1; most == 0 || attempt <= most; ++attempt) {
            std::uint32_t holder = 0;
            if (shared_.owner.compare_exchange_weak(holder, mine, std::memory_order_acquire))
                return true;
            if (attempt <= 32) continue;
            // Who has to reap the holder must not wait for it.
            const Dead dead{static_cast<pid_t>(holder)};
            if (attempt % 64 == 0 && holder != 0 && is_dead_child(dead.pid) &&
                take_over(ledger, mine, dead))
                return true;
            raw::syscall(SYS_sched_yield);
        }
        return false;
    }
    bool take_over(Ledger& ledger, std::uint32_t mine, Dead holder) noexcept {
        auto expected = static_cast<std::uint32_t>(holder.pid);
        if (!shared_.owner.compare_exchange_strong(expected, mine, std::memory_order_acquire))
            return false;
        // It died between two writes: what the claims say is the truth, the sums follow from it.
        ledger.rebuild();
        return true;
    }

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
    SourceEntry* const first = &shared().sources[hash % (source_capacity / bucket) * bucket];

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
        order_writes();
        victim->source.key = source.key;
        victim->running = 0;
        victim->last_used = now;
        victim->rate_full_at = 0;
        victim->minute = Window{};
        order_writes();
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
    facts.claims_exhausted =
        all.free_claim.load(relaxed) == 0 && all.claims_used.load(relaxed) >= claim_capacity;
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
    else if (index <= claim_capacity)
        all.free_claim.store(all.claims[index].source.load(relaxed), relaxed);
    // Only a hostile writer gets us here.
    if (index == 0 || index > claim_capacity) index = claim_capacity;
    all.claims[index].source.store(
        entry == nullptr ? no_source : static_cast<std::uint32_t>(entry - all.sources) + 1,
        relaxed);
    order_writes();
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

void Ledger::free_claim(Claim claim) noexcept {
    Shared& all = shared();
    ClaimEntry& entry = all.claims[claim];
    const std::uint32_t source = entry.source.load(relaxed);
    if (source != no_source && source <= source_capacity) {
        SourceEntry& its = all.sources[source - 1];
        if (its.running > 0) --its.running;
    }
    if (all.running.load(relaxed) > 0) all.running.fetch_sub(1, relaxed);
    entry.owner.store(0, relaxed);
    entry.source.store(all.free_claim.load(relaxed), relaxed);
    all.free_claim.store(claim, relaxed);
}

void Ledger::release(Claim claim, pid_t who) noexcept {
    if (claim == 0 || claim > claim_capacity) return;
    auto owner = static_cast<std::uint32_t>(who);
    ClaimEntry& entry = shared().claims[claim];
    if (const Lock lock(*this, who); lock) {
        if (entry.owner.load(relaxed) == owner) free_claim(claim);
    } else if (entry.owner.compare_exchange_strong(owner, nobody, relaxed)) {
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
    return used < claim_capacity ? used : claim_capacity;
}

void Ledger::disown(pid_t who) noexcept {
    // Needs no lock: nobody but the dead would have touched its claims.
    Shared& all = shared();
    bool any = false;
    for (Claim claim = 1, used = claims_used(); claim <= used; ++claim) {
        auto expected = static_cast<std::uint32_t>(who);
        if (all.claims[claim].owner.load(relaxed) == expected)
            any |= all.claims[claim].owner.compare_exchange_strong(expected, nobody, relaxed);
    }
    if (any) all.disowned.store(1, std::memory_order_release);
}

void Ledger::sweep() noexcept {
    // First, so that whoever disowns meanwhile is not forgotten.
    shared().disowned.exchange(0, std::memory_order_acq_rel);
    for (Claim claim = 1, used = claims_used(); claim <= used; ++claim)
        if (shared().claims[claim].owner.load(relaxed) == nobody) free_claim(claim);
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
        ClaimEntry& entry = all.claims[claim];
        if (entry.owner.load(relaxed) == 0) {
            entry.source.store(all.free_claim.load(relaxed), relaxed);
            all.free_claim.store(claim, relaxed);
            continue;
        }
        // Whoever swept may have died of it.
        if (entry.owner.load(relaxed) == nobody) all.disowned.store(1, relaxed);
        ++running;
        const std::uint32_t source = entry.source.load(relaxed);
        if (source != no_source && source <= source_capacity) ++all.sources[source - 1].running;
    }
    all.running.store(running, relaxed);
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
    for (off_t index = 0; index < off_t{source_capacity}; index += chunk) {
        const off_t data = ::lseek(fd(), begin + index * size, SEEK_DATA);
        if (data < 0) break;
        index = std::max(index, (data - begin) / size / off_t{chunk} * off_t{chunk});
        if (index >= off_t{source_capacity}) break;
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
