// SPDX-License-Identifier: ISC
#include "daemon/policy/deny_list.h"

#include <sys/mman.h>
#include <sys/random.h>

#include <algorithm>
#include <atomic>

#include "daemon/os/raw_syscall.h"
#include "daemon/os/system_error.h"

namespace minetd {
namespace {

constexpr unsigned bucket_size = 10, buckets = DenyList::capacity / bucket_size;
/// Later than any time that a number of minutes leads to.
constexpr Milliseconds for_ever = DenyList::for_ever;

/// Until when, and how many bits of the address count, in one word: they are one entry's.
constexpr std::uint64_t term(Milliseconds until, unsigned length) noexcept {
    return static_cast<std::uint64_t>(until) << 8 | length;
}
constexpr Milliseconds until_of(std::uint64_t term) noexcept {
    return static_cast<Milliseconds>(term >> 8);
}
constexpr unsigned length_of(std::uint64_t term) noexcept {
    return static_cast<unsigned>(term & 0xFF);
}

struct Entry {
    std::atomic<std::uint64_t> high, low, term;  // term 0: none

    AddressBits address(std::memory_order order) const noexcept {
        return {high.load(order), low.load(order)};
    }
    bool is(AddressBits wanted, unsigned length) const noexcept {
        return length_of(term.load(std::memory_order_relaxed)) == length &&
               address(std::memory_order_relaxed) == wanted;
    }
};

/// Read without a lock: what was read while the version was odd, or changed, is read again.
struct alignas(64) Bucket {
    std::atomic<std::uint32_t> version;
    Entry entries[bucket_size];

    bool contains(AddressBits wanted, unsigned length, Milliseconds now) const noexcept;
    DenyList::Outcome put(AddressBits address, unsigned length, Milliseconds now,
                          Milliseconds until) noexcept;
};

bool Bucket::contains(AddressBits wanted, unsigned length, Milliseconds now) const noexcept {
    constexpr auto acquire = std::memory_order_acquire;
    for (int attempt = 0; attempt < 1000; ++attempt) {
        const std::uint32_t before = version.load(acquire);
        bool found = false;
        if (before % 2 == 0) {
            for (const Entry& entry : entries) {
                const std::uint64_t term = entry.term.load(acquire);
                found = found || (until_of(term) > now && length_of(term) == length &&
                                  entry.address(acquire) == wanted);
            }
            if (version.load(std::memory_order_relaxed) == before) return found;
        }
        raw::syscall(SYS_sched_yield);  // the writer was interrupted
    }
    return true;  // the writer has died at it
}

DenyList::Outcome Bucket::put(AddressBits address, unsigned length, Milliseconds now,
                              Milliseconds until) noexcept {
    constexpr auto relaxed = std::memory_order_relaxed, release = std::memory_order_release;
    Entry* chosen = entries;
    for (Entry& entry : entries) {
        const std::uint64_t known = entry.term.load(relaxed);
        if (until_of(known) > now && entry.is(address, length)) {
            entry.term.store(std::max(known, term(until, length)), relaxed);
            return DenyList::Outcome::renewed;
        }
        if (known < chosen->term.load(relaxed)) chosen = &entry;
    }
    if (until_of(chosen->term.load(relaxed)) >= for_ever) return DenyList::Outcome::full;
    version.store(version.load(relaxed) + 1, relaxed);
    chosen->term.store(0, release);
    chosen->high.store(address.high, release);
    chosen->low.store(address.low, release);
    chosen->term.store(term(until, length), release);
    version.store(version.load(relaxed) + 1, release);
    return DenyList::Outcome::added;
}

}  // namespace

struct DeniedPeers::Table {
    std::atomic<Milliseconds> latest;  ///< end of the last denial; then there is nobody
    std::atomic<std::uint64_t> lengths[address_length / 64 + 1];  ///< a bit for each that occurs
    std::uint64_t seed;  ///< keeps peers from choosing addresses that meet in one bucket
    Bucket all[buckets];

    std::uint32_t place(AddressBits address, unsigned length) const noexcept {
        std::uint64_t hash = (address.low ^ seed) * 0x9E3779B97F4A7C15U + length;
        hash ^= hash >> 29;
        hash = (hash ^ address.high) * 0xBF58476D1CE4E5B9U;
        hash ^= hash >> 32;
        return static_cast<std::uint32_t>(hash % buckets);
    }
};

bool DeniedPeers::contain(const SocketAddress& peer, Milliseconds now) const noexcept {
    const Table& table = *table_;
    if (table.latest.load(std::memory_order_acquire) <= now) return false;
    const std::optional<AddressBits> address = bits_of(peer);
    if (!address) return false;
    for (unsigned word = 0; word < std::size(table.lengths); ++word) {
        std::uint64_t left = table.lengths[word].load(std::memory_order_relaxed);
        for (; left != 0; left &= left - 1) {
            const unsigned length = 64 * word + static_cast<unsigned>(std::countr_zero(left));
            const AddressBits prefix = prefix_of(*address, length);
            if (table.all[table.place(prefix, length)].contains(prefix, length, now)) return true;
        }
    }
    return false;
}

void DeniedPeers::remap() {
    void* const memory = ::mmap(nullptr, sizeof(Table), PROT_READ, MAP_SHARED, fd_, 0);
    if (memory == MAP_FAILED) throw_errno("mmap");
    table_ = static_cast<const Table*>(memory);
}

DenyList::DenyList() : memory_(sizeof(DeniedPeers::Table)) {
    if (::getrandom(&table().seed, sizeof table().seed, 0) != sizeof table().seed)
        table().seed = static_cast<std::uint64_t>(monotonic_us());
    share();
}

DenyList::DenyList(UniqueFd memory) : memory_(std::move(memory), sizeof(DeniedPeers::Table)) {
    share();
}

std::size_t DenyList::bytes() noexcept {
    return sizeof(DeniedPeers::Table);
}

void DenyList::share() {
    readable_ = open_read_only(memory_.fd());
    if (!readable_) throw_errno("the list of denied peers: /proc/self/fd");
    peers_ = std::make_shared<DeniedPeers>(table(), readable_.get());
}

DenyList::Outcome DenyList::deny(const Source& source, const SourcePrefix& prefix, Milliseconds now,
                                 unsigned minutes) noexcept {
    const unsigned length = source.kind == AF_INET ? ipv4_offset + prefix.v4 : prefix.v6;
    return recall({.address = source.key,
                   .length = length,
                   .until = minutes == deny_forever ? for_ever : now + Milliseconds{minutes} * 60'000},
                  now);
}

DenyList::Outcome DenyList::recall(const Denial& denial, Milliseconds now) noexcept {
    constexpr auto relaxed = std::memory_order_relaxed;
    DeniedPeers::Table& all = table();
    const auto& [address, length, until] = denial;
    const Outcome outcome = all.all[all.place(address, length)].put(address, length, now, until);
    std::atomic<std::uint64_t>& lengths = all.lengths[length / 64];
    lengths.store(lengths.load(relaxed) | std::uint64_t{1} << length % 64, relaxed);
    if (outcome != Outcome::full && until > all.latest.load(relaxed))
        all.latest.store(until, std::memory_order_release);
    return outcome;
}

std::vector<DenyList::Denial> DenyList::denials(Milliseconds now) const {
    constexpr auto relaxed = std::memory_order_relaxed;
    std::vector<Denial> found;
    const DeniedPeers::Table& all = table();
    if (all.latest.load(relaxed) <= now) return found;
    for (const Bucket& bucket : all.all)
        for (const Entry& entry : bucket.entries)
            if (const std::uint64_t known = entry.term.load(relaxed); until_of(known) > now)
                found.push_back({entry.address(relaxed), length_of(known), until_of(known)});
    return found;
}

}  // namespace minetd
