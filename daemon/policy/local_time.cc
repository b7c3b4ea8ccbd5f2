// SPDX-License-Identifier: ISC
#include "daemon/policy/local_time.h"

namespace minetd {
namespace {

constexpr std::time_t day = 86'400;
/// No zone has two changes that undo each other within less.
constexpr std::time_t stride = 7 * day, horizon = 3653 * day;

long offset_at(std::time_t now) {
    std::tm local{};
    return ::localtime_r(&now, &local) == nullptr ? 0 : local.tm_gmtoff;
}

}  // namespace

LocalTime::LocalTime(std::time_t from) {
    offsets_.push_back({from, offset_at(from)});
    for (std::time_t before = from; before < from + horizon; before += stride) {
        const long was = offsets_.back().seconds, is = offset_at(before + stride);
        if (was == is) continue;
        std::time_t low = before, high = before + stride;
        while (high - low > 1) {
            const std::time_t middle = low + (high - low) / 2;
            (offset_at(middle) == was ? low : high) = middle;
        }
        offsets_.push_back({high, is});
    }
}

unsigned LocalTime::minute_of_day(std::time_t now) const noexcept {
    long offset = offsets_.front().seconds;
    for (const Offset& change : offsets_)
        if (change.since <= now) offset = change.seconds;
    const std::time_t second = ((now + offset) % day + day) % day;
    return static_cast<unsigned>(second / 60);
}

}  // namespace minetd
