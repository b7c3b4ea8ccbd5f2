// SPDX-License-Identifier: ISC
#include "services/reply_budget.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "services/random_numbers.h"

namespace minetd {

namespace {

constexpr std::int64_t second = 1'000'000'000;

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
    : seed_(seed), rate_(rate), buckets_(std::bit_ceil(std::max(networks, ways))) {}

bool ReplyBudget::take(const SocketAddress& peer, std::size_t asked, std::size_t answered,
                       std::int64_t now) noexcept {
    if (answered <= asked || !peer.is_ip()) return true;
    if (rate_.bytes_per_second == 0) return false;

    const auto time_for = [this](std::size_t bytes) {
        return static_cast<std::int64_t>(bytes) * second / rate_.bytes_per_second;
    };
    Bucket& from = bucket(network_of(peer), now);
    const std::int64_t full_at = std::max(from.full_at, now) + time_for(answered - asked);
    if (full_at - now > time_for(rate_.burst)) return false;
    from.full_at = full_at;
    return true;
}

ReplyBudget::Bucket& ReplyBudget::bucket(std::uint64_t network, std::int64_t now) noexcept {
    const std::size_t sets = buckets_.size() / ways;
    const auto set = buckets_.begin() +
                     static_cast<std::ptrdiff_t>((split_mix(network ^ seed_) & (sets - 1)) * ways);
    const auto end = set + ways;
    const auto known =
        std::find_if(set, end, [network](const Bucket& b) { return b.network == network; });
    if (known != end) return *known;
    // Only a full bucket is forgotten, for it says no more than a new one. Otherwise a flood of
    // forged sources would push out the victim's empty bucket and give it a fresh one. Those who
    // find no room share a bucket.
    const auto full = std::find_if(set, end, [now](const Bucket& b) { return b.full_at <= now; });
    if (full == end) return shared_;
    full->network = network;
    return *full;
}

}  // namespace minetd
