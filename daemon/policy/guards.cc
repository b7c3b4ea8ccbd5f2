// SPDX-License-Identifier: ISC
#include "daemon/policy/guards.h"

namespace minetd {
namespace {

bool over_cps(const Limits& limits, const Counts& counts) noexcept {
    return limits.cps && limits.cps->rate > 0 &&
           (counts.cps_pausing || counts.in_second >= limits.cps->rate);
}

bool over_service_max(const Limits& limits, const Counts& counts) noexcept {
    return limits.service_max && counts.in_minute >= *limits.service_max;
}

bool over_ip_max(const Limits& limits, const Counts& counts) noexcept {
    return limits.ip_max &&
           (counts.source_untracked || counts.in_minute_from_source >= *limits.ip_max);
}

bool over_instances(const Limits& limits, const Counts& counts) noexcept {
    return counts.claims_exhausted || (limits.instances && counts.running >= *limits.instances);
}

bool over_per_source(const Limits& limits, const Counts& counts) noexcept {
    return limits.per_source &&
           (counts.source_untracked || counts.running_from_source >= *limits.per_source);
}

// clang-format off
constexpr Guard table[] = {
    // reason                               refuses            waits  trips_cps
    {"connections per second",              over_cps,          false, true},
    {"connections per minute",              over_service_max,  false, false},
    {"connections per minute from source",  over_ip_max,       false, false},
    {"service_limit",                       over_instances,    true,  false},
    {"per_source_limit",                    over_per_source,   false, false},
};
// clang-format on

}  // namespace

std::span<const Guard> guards() noexcept {
    return table;
}

const Guard* decide(const Limits& limits, const Counts& counts) noexcept {
    for (const Guard& guard : table)
        if (guard.refuses(limits, counts)) return &guard;
    return nullptr;
}

bool unlimited(const Limits& limits) noexcept {
    return !limits.instances && !limits.per_source && !limits.service_max && !limits.ip_max &&
           !limits.cps;
}

bool counts_sources(const Limits& limits) noexcept {
    return limits.per_source || limits.ip_max;
}

}  // namespace minetd
