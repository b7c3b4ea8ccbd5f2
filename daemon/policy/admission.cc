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

unsigned always_asked(const ServiceSpec& spec) noexcept {
    unsigned asked = 0;
    if (!spec.libwrap.empty()) asked |= inquire_libwrap;
    if (can_identify(spec) && spec.ident_only) asked |= inquire_ident;
    return asked;
}

/// Where identification is a condition, it has been asked for already.
bool tells_userid(const ServiceSpec& spec, unsigned fields) noexcept {
    return can_identify(spec) && !spec.ident_only && (fields & log_userid) != 0;
}

}  // namespace

Admission::Admission(const ServiceSpec& spec, std::shared_ptr<Ledger> ledger,
                     std::shared_ptr<DeniedPeers> denied, std::shared_ptr<const Inquiry> inquiry,
                     Banners banners)
    : limits_(spec.limits),
      access_(spec.access),
      inquiry_(std::move(inquiry)),
      banners_(std::move(banners)),
      patience_(patience_for(spec)),
      always_asked_(always_asked(spec)),
      may_inquire_(always_asked_ != 0 || spec.access.names()),
      records_ident_(((spec.log_on_success | spec.log_on_failure) & log_userid) != 0),
      userid_on_success_(tells_userid(spec, spec.log_on_success)),
      userid_on_failure_(tells_userid(spec, spec.log_on_failure)),
      ledger_(std::move(ledger)),
      denied_(std::move(denied)),
      counts_(ledger_ && !unlimited(spec.limits)) {
    if (!limits_.access_times.empty()) local_time_.emplace(wall_clock());
}

bool Admission::needed(const ServiceSpec& spec) noexcept {
    return spec.access.any() || !spec.limits.access_times.empty() || spec.limits.max_load ||
           !unlimited(spec.limits) || Inquiry::needed(spec) || wants_banners(spec);
}

void Admission::keep(std::vector<int>& descriptors) const {
    if (ledger_) descriptors.push_back(ledger_->fd());
    if (denied_) descriptors.push_back(denied_->fd());
    if (inquiry_) descriptors.push_back(inquiry_->asking_fd());
}

void Admission::remap() {
    if (ledger_) ledger_->remap();
    if (denied_) denied_->remap();
}

Facts Admission::facts_about(const SocketAddress& peer, Milliseconds now) const noexcept {
    Facts facts;
    facts.sensed = denied_ && denied_->contain(peer, now);
    facts.access = access_.verdict(peer);
    if (local_time_) facts.minute = local_time_->minute_of_day(wall_clock());
    if (limits_.max_load) facts.load = load_average();
    return facts;
}

unsigned Admission::questions(const SocketAddress& peer) const noexcept {
    if (!may_inquire() || !peer.is_ip()) return 0;
    Facts facts = facts_about(peer, monotonic_ms());
    unsigned asked = always_asked_;
    if (facts.access == Verdict::unknown) {
        asked |= inquire_name;
        facts.access = Verdict::allow;
    }
    return decide(Guard::Stage::peer, limits_, facts) == nullptr ? asked : 0;
}

Facts Admission::facts_about(const Visitor& visitor, Milliseconds now) const noexcept {
    Facts facts = facts_about(visitor.peer, now);
    facts.programs = visitor.programs.running;
    facts.programs_most = visitor.programs.most;
    if (facts.access == Verdict::unknown) facts.access = visitor.answers.name;
    if (visitor.peer.is_ip()) {
        if ((always_asked_ & inquire_libwrap) != 0) facts.libwrap = visitor.answers.libwrap;
        if ((always_asked_ & inquire_ident) != 0) facts.ident = visitor.answers.ident;
    }
    return facts;
}

const Guard* Admission::admit(const Visitor& visitor, Milliseconds now, pid_t who,
                              Claim& claim) const noexcept {
    claim = 0;
    if (const Guard* guard = decide(Guard::Stage::peer, limits_, facts_about(visitor, now)))
        return guard;
    if (!counts_) return nullptr;
    return ledger_->admit(limits_, source_of(visitor.peer, limits_.source_prefix, visitor.uid), now,
                          who, claim);
}

const Guard* Admission::readmit(const Visitor& visitor, Milliseconds now) const noexcept {
    Facts facts = facts_about(visitor, now);
    facts.load = -1;
    return decide(Guard::Stage::peer, limits_, facts);
}

}  // namespace minetd
