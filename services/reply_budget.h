// SPDX-License-Identifier: ISC
// How much a builtin datagram service may amplify: what it sends beyond what it was sent, in bytes,
// for each source network. A forged request then costs its victim hardly more than it costs the
// forger. Pure: the time is an argument. One per service: it is shared with whatever is forked
// after it, and every server of the service takes from it, on any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "daemon/os/socket_address.h"

namespace minetd {

struct ReplyRate {
    std::uint32_t bytes_per_second = 1024;  ///< 0: never a reply larger than the request
    std::uint32_t burst = 8192;             ///< bytes that may be sent at once
};

class ReplyBudget {
  public:
    static constexpr std::size_t default_networks = 4096;

    /// `networks`: how many are remembered at once, rounded up to a power of two. `seed` must not
    /// be known outside: it keeps a forger from choosing networks that fall together. Throws
    /// std::system_error.
    explicit ReplyBudget(std::uint64_t seed, ReplyRate rate = {},
                         std::size_t networks = default_networks);
    ~ReplyBudget();
    ReplyBudget(const ReplyBudget&) = delete;
    ReplyBudget& operator=(const ReplyBudget&) = delete;

    /// Whether `peer` may be sent `answered` bytes for the `asked` it sent, and if so takes the
    /// difference from its network (IPv4 /32, IPv6 /64). A reply no larger than the request is
    /// free, and so is one to a peer without an IP address. `now`: nanoseconds of a monotonic
    /// clock.
    bool take(const SocketAddress& peer, std::size_t asked, std::size_t answered,
              std::int64_t now) noexcept;

  private:
    /// A token bucket in one number: the moment at which it will be full again. What is taken from
    /// it is taken at once; which network it is of may change while somebody takes, whose bytes are
    /// then the next one's.
    struct Bucket {
        std::atomic<std::uint64_t> network;
        std::atomic<std::int64_t> full_at;
    };
    static constexpr std::size_t ways = 8;

    Bucket& bucket(std::uint64_t network, std::int64_t now) noexcept;

    std::uint64_t seed_;
    ReplyRate rate_;
    std::size_t count_;
    Bucket* buckets_;  ///< sets of `ways`, by a hash of the network; behind them the shared one
};

}  // namespace minetd
