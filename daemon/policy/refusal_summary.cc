// SPDX-License-Identifier: ISC
#include "daemon/policy/refusal_summary.h"

#include <utility>

namespace minetd {

bool RefusalSummary::record(Milliseconds now) noexcept {
    if (now - started_ >= period && suppressed_ == 0) {
        started_ = now;
        recorded_ = 0;
    }
    if (recorded_ < burst) {
        ++recorded_;
        return true;
    }
    ++suppressed_;
    return false;
}

std::uint64_t RefusalSummary::take_suppressed(Milliseconds now) noexcept {
    if (suppressed_ == 0 || now - started_ < period) return 0;
    started_ = now;
    recorded_ = 0;
    return std::exchange(suppressed_, 0);
}

}  // namespace minetd
