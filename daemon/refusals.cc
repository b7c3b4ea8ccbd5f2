// SPDX-License-Identifier: ISC
#include "daemon/refusals.h"

namespace minetd {

Refusals::Refusals(EventLoop& loop, Write write)
    : write_(std::move(write)), timer_(loop, [this] { on_timer(); }) {}

void Refusals::record(const ServiceSpec& spec, const Record& record) {
    // A server process has summarised already.
    if (record.repeated > 0) return write_(spec, record);
    Held& held = find(spec.key(), record.reason);
    if (!timer_.pending()) timer_.schedule(RefusalSummary::period);
    if (held.summary.record(monotonic_ms())) return write_(spec, record);
    held.last = record;
    if (held.spec.id.empty()) held.spec = spec;
}

Refusals::Held& Refusals::find(std::string service, std::string reason) {
    std::pair key(std::move(service), std::move(reason));
    // Reasons come from processes that may say anything: further ones of a service are one.
    if (held_.size() >= most && !held_.contains(key)) key.second.clear();
    return held_[std::move(key)];
}

void Refusals::on_timer() noexcept {
    const Milliseconds now = monotonic_ms();
    for (auto item = held_.begin(); item != held_.end();) {
        Held& held = item->second;
        if (const std::uint64_t count = held.summary.take_suppressed(now); count > 0) {
            held.last.repeated = count;
            write_(held.spec, held.last);
        }
        item = held.summary.over(now) ? held_.erase(item) : std::next(item);
    }
    if (!held_.empty()) timer_.schedule(RefusalSummary::period / 10);
}

void Refusals::flush() noexcept {
    for (auto& [key, held] : held_) {
        const std::uint64_t count =
            held.summary.take_suppressed(monotonic_ms() + RefusalSummary::period);
        if (count == 0) continue;
        held.last.repeated = count;
        write_(held.spec, held.last);
    }
    held_.clear();
}

}  // namespace minetd
