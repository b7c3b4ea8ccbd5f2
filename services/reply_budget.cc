// SPDX-License-Identifier: ISC
#include "services/reply_budget.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "daemon/os/system_error.h"
#include "services/random_numbers.h"

namespace minetd {

namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr auto relaxed = std::memory_order_relaxed;

// IPv4 networks live under a multicast prefix, where no IPv6 source can be.
constexpr std::uint64_t ipv4_networks = 0xff00'0000'0000'0000;

std::uint64_t network_of(const SocketAddress& peer) noexcept {
    if (peer.family() == AF_INET) return ipv4_networks | peer.v4.sin_addr.s_addr;
    const std::uint8_t* const address = peer.v6.sin6_addr.s6_addr;
    if (peer.is_mapped()) {
        std::uint32_t v4;
        std::memcpy(&v4, address + 12, sizeof v4);
        return ipv4_networks | v4;
    }
    std::uint64_t prefix;
    std::memcpy(&prefix, address, sizeof prefix);
    return prefix;
}

}  // namespace

ReplyBudget::ReplyBudget(std::uint64_t seed, ReplyRate rate, std::size_t networks)
    : seed_(seed), rate_(rate), count_(std::bit_ceil(std::max(networks, ways))) {
    static_assert(std::atomic<std::int64_t>::is_always_lock_free);
    void* memory = ::mmap(nullptr, (count_ + 1) * sizeof(Bucket), PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw_errno("reply budget");
    buckets_ = static_cast<Bucket*>(memory);
}

ReplyBudget::~ReplyBudget() {
    ::munmap(static_cast<void*>(buckets_), (count_ + 1) * sizeof(Bucket));
}

bool ReplyBudget::take(const SocketAddress& peer, std::size_t asked, std::size_t answered,
                       std::int64_t now) noexcept {
    if (answered <= asked || !peer.is_ip()) return true;
    if (rate_.bytes_per_second == 0) return false;

    const auto time_for = [this](std::size_t bytes) {
        return static_cast<std::int64_t>(bytes) * second / rate_.bytes_per_second;
    };
    Bucket& from = bucket(network_of(peer), now);
    std::int64_t before = from.full_at.load(relaxed), full_at;
    do {
        full_at = std::max(before, now) + time_for(answered - asked);
        if (full_at - now > time_for(rate_.burst)) return false;
    } while (!from.full_at.compare_exchange_weak(before, full_at, relaxed));
    return true;
}

ReplyBudget::Bucket& ReplyBudget::bucket(std::uint64_t network, std::int64_t now) noexcept {
    const std::size_t sets = count_ / ways;
    Bucket* const set = buckets_ + (split_mix(network ^ seed_) & (sets - 1)) * ways;
    Bucket* const end = set + ways;
    Bucket* const known = std::find_if(
        set, end, [network](const Bucket& b) { return b.network.load(relaxed) == network; });
    if (known != end) return *known;
    // Only a full bucket is forgotten, for it says no more than a new one. Otherwise a flood of
    // forged sources would push out the victim's empty bucket and give it a fresh one. Those who
    // find no room share a bucket.
    Bucket* const full =
        std::find_if(set, end, [now](const Bucket& b) { return b.full_at.load(relaxed) <= now; });
    if (full == end) return buckets_[count_];
    full->network.store(network, relaxed);
    return *full;
}

}  // namespace minetd
