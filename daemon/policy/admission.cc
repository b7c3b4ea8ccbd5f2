// SPDX-License-Identifier: ISC
#include "daemon/policy/admission.h"

#include "daemon/os/load_average.h"

namespace minetd {
namespace {

/// Seconds since 1970.
std::time_t wall_clock() noexcept {
    timespec now;
    ::clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec;
}

}  // namespace

Admission::Admission(const ServiceSpec& spec, std::shared_ptr<Ledger> ledger,
                     std::shared_ptr<DeniedPeers> denied)
    : limits_(spec.limits),
      access_(spec.access),
      ledger_(std::move(ledger)),
      denied_(std::move(denied)),
      counts_(ledger_ && !unlimited(spec.limits)) {
    if (!limits_.access_times.empty()) local_time_.emplace(wall_clock());
}

bool Admission::needed(const ServiceSpec& spec) noexcept {
    return spec.access.any() || !spec.limits.access_times.empty() || spec.limits.max_load ||
           !unlimited(spec.limits);
}

void Admission::keep(std::vector<int>& descriptors) const {
    if (ledger_) descriptors.push_back(ledger_->fd());
    if (denied_) descriptors.push_back(denied_->fd());
}

void Admission::remap() {
    if (ledger_) ledger_->remap();
    if (denied_) denied_->remap();
}

const Guard* Admission::admit(const Visitor& visitor, Milliseconds now, pid_t who,
                              Claim& claim) const noexcept {
    claim = 0;
    Facts facts;
    facts.sensed = denied_ && denied_->contain(visitor.peer, now);
    facts.access = access_.verdict(visitor.peer);
    if (facts.access == Verdict::unknown) facts.access = visitor.by_name;
    if (local_time_) facts.minute = local_time_->minute_of_day(wall_clock());
    if (limits_.max_load) facts.load = load_average();
    if (const Guard* guard = decide(Guard::Stage::peer, limits_, facts)) return guard;
    if (!counts_) return nullptr;
    return ledger_->admit(limits_, source_of(visitor.peer, limits_.source_prefix, visitor.uid), now,
                          who, claim);
}

}  // namespace minetd
