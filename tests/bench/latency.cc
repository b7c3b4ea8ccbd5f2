// SPDX-License-Identifier: ISC

#include "tests/bench/latency.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>

namespace minetd::bench {

// Values below 2^step_bits have a bucket each; above, every power of two is cut into 2^step_bits
// equal buckets, chosen by the bits that follow the leading one.
void Latency::add(std::uint64_t nanoseconds) noexcept {
    const unsigned width = static_cast<unsigned>(std::bit_width(nanoseconds));
    const unsigned shift = width > step_bits ? width - step_bits - 1 : 0;
    const std::size_t bucket = (std::size_t{shift} << step_bits) + (nanoseconds >> shift);
    ++buckets_[bucket];
    ++count_;
    longest_ = std::max(longest_, nanoseconds);
}

std::uint64_t Latency::quantile(double share) const noexcept {
    if (count_ == 0) return 0;
    const auto rank = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
        seen += buckets_[bucket];
        if (seen < std::max<std::uint64_t>(rank, 1)) continue;
        // The first 2^(step_bits+1) buckets are exact; later ones answer with their lower edge.
        const std::size_t exact = std::size_t{2} << step_bits;
        if (bucket < exact) return bucket;
        const std::size_t shift = (bucket >> step_bits) - 1;
        return (bucket - (shift << step_bits)) << shift;
    }
    return longest_;
}

}  // namespace minetd::bench
