// SPDX-License-Identifier: ISC
// `rate`: a token bucket in one number, the moment at which it will be full again (the generic cell
// rate algorithm, ITU-T I.371). One store takes a token, so a process that is killed leaves a
// bucket that is right before or right after. Zero is a full bucket.
#pragma once

#include <cstdint>

#include "daemon/config/admission_spec.h"
#include "daemon/os/clock.h"

namespace minetd {

/// Nanoseconds of the monotonic clock.
using FullAt = std::int64_t;

/// Whole tokens that are in the bucket now.
unsigned tokens(FullAt full_at, const Rate& rate, Milliseconds now) noexcept;
/// The bucket after one more was taken from it.
FullAt take_token(FullAt full_at, const Rate& rate, Milliseconds now) noexcept;

}  // namespace minetd
