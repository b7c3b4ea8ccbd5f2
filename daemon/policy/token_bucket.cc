// SPDX-License-Identifier: ISC
#include "daemon/policy/token_bucket.h"

#include <algorithm>

namespace minetd {
namespace {

constexpr std::int64_t nanoseconds = 1'000'000;  // in a millisecond

/// In which one token comes back.
std::int64_t interval(const Rate& rate) noexcept {
    return std::max<std::int64_t>(1, rate.seconds * 1000 * nanoseconds / std::max(1U, rate.count));
}

/// For how long the bucket is not full yet.
std::int64_t missing(FullAt full_at, Milliseconds now) noexcept {
    // No moment before the clock's origin: whoever writes one must not have the difference
    // overflow.
    return std::max<std::int64_t>(0, std::max<FullAt>(0, full_at) - now * nanoseconds);
}

}  // namespace

unsigned tokens(FullAt full_at, const Rate& rate, Milliseconds now) noexcept {
    const std::int64_t one = interval(rate), gone = missing(full_at, now);
    // Rounded up: what has come back in part is not there yet.
    const std::int64_t taken = gone / one + (gone % one != 0 ? 1 : 0);
    return taken >= rate.burst ? 0 : rate.burst - static_cast<unsigned>(taken);
}

FullAt take_token(FullAt full_at, const Rate& rate, Milliseconds now) noexcept {
    FullAt next = now * nanoseconds + missing(full_at, now);
    if (__builtin_add_overflow(next, interval(rate), &next)) next = INT64_MAX;
    return next;
}

}  // namespace minetd
