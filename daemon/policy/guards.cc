// SPDX-License-Identifier: ISC
#include "daemon/policy/guards.h"

namespace minetd {
namespace {

bool is_sensed(const Limits&, const Facts& facts) noexcept {
    return facts.sensed;
}

bool is_denied(const Limits&, const Facts& facts) noexcept {
    // Where nobody could tell the peer's name, a rule about names is taken against it.
    return facts.access != Verdict::allow;
}

bool is_closed(const Limits& limits, const Facts& facts) noexcept {
    if (limits.access_times.empty()) return false;
    for (const TimeRange& range : limits.access_times) {
        const bool after = facts.minute >= range.from, before = facts.minute <= range.to;
        if (range.from <= range.to ? after && before : after || before) return false;
    }
    return true;
}

bool over_load(const Limits& limits, const Facts& facts) noexcept {
    return limits.max_load && facts.load >= *limits.max_load;
}

bool is_wrapped(const Limits&, const Facts& facts) noexcept {
    return facts.libwrap != Verdict::allow;
}

bool is_nobody(const Limits&, const Facts& facts) noexcept {
    return facts.ident != Verdict::allow;
}

bool over_programs(const Limits&, const Facts& facts) noexcept {
    return facts.programs >= facts.programs_most;
}

bool over_cps(const Limits& limits, const Facts& facts) noexcept {
    return limits.cps && limits.cps->rate > 0 &&
           (facts.cps_pausing || facts.in_second >= limits.cps->rate);
}

bool over_service_max(const Limits& limits, const Facts& facts) noexcept {
    return limits.service_max && facts.in_minute >= *limits.service_max;
}

bool over_ip_max(const Limits& limits, const Facts& facts) noexcept {
    return limits.ip_max &&
           (facts.source_untracked || facts.in_minute_from_source >= *limits.ip_max);
}

bool over_rate(const Limits& limits, const Facts& facts) noexcept {
    return limits.rate && (facts.source_untracked || facts.tokens == 0);
}

bool over_instances(const Limits& limits, const Facts& facts) noexcept {
    return facts.claims_exhausted || (limits.instances && facts.running >= *limits.instances);
}

bool over_per_source(const Limits& limits, const Facts& facts) noexcept {
    return limits.per_source &&
           (facts.source_untracked || facts.running_from_source >= *limits.per_source);
}

constexpr auto peer = Guard::Stage::peer, counts = Guard::Stage::counts;

// clang-format off
constexpr Guard table[] = {
    // reason                              stage   refuses           waits  trips_cps  passes
    {"sensor",                             peer,   is_sensed,        false, false,     false},
    {"address",                            peer,   is_denied,        false, false,     false},
    {"time",                               peer,   is_closed,        false, false,     false},
    {"load",                               peer,   over_load,        false, false,     true},
    {"process_limit",                      peer,   over_programs,    false, false,     true},
    {"libwrap",                            peer,   is_wrapped,       false, false,     false},
    {"ident",                              peer,   is_nobody,        false, false,     false},
    {"connections per second",             counts, over_cps,         false, true,      true},
    {"connections per minute",             counts, over_service_max, false, false,     true},
    {"connections per minute from source", counts, over_ip_max,      false, false,     false},
    {"rate",                               counts, over_rate,        false, false,     false},
    {"service_limit",                      counts, over_instances,   true,  false,     true},
    {"per_source_limit",                   counts, over_per_source,  false, false,     false},
};
// clang-format on

}  // namespace

std::span<const Guard> guards() noexcept {
    return table;
}

const Guard* decide(const Limits& limits, const Facts& facts) noexcept {
    for (const Guard& guard : table)
        if (guard.refuses(limits, facts)) return &guard;
    return nullptr;
}

const Guard* decide(Guard::Stage stage, const Limits& limits, const Facts& facts) noexcept {
    for (const Guard& guard : table)
        if (guard.stage == stage && guard.refuses(limits, facts)) return &guard;
    return nullptr;
}

const Guard* decide(const ProgramCount& programs) noexcept {
    static const Limits none;
    Facts facts;
    facts.programs = programs.running;
    facts.programs_most = programs.most;
    return decide(Guard::Stage::peer, none, facts);
}

bool unlimited(const Limits& limits) noexcept {
    return !limits.instances && !limits.per_source && !limits.service_max && !limits.ip_max &&
           !limits.cps && !limits.rate;
}

bool counts_sources(const Limits& limits) noexcept {
    return limits.per_source || limits.ip_max || limits.rate;
}

}  // namespace minetd
