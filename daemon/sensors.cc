// SPDX-License-Identifier: ISC
#include "daemon/sensors.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "services/registry.h"

namespace minetd {
namespace {

bool is_well_formed(const SocketAddress& peer) noexcept {
    return (peer.family() == AF_INET && peer.length == sizeof peer.v4) ||
           (peer.family() == AF_INET6 && peer.length == sizeof peer.v6);
}

}  // namespace

void Sensors::prepare(std::span<const std::shared_ptr<const ServiceSpec>> services) {
    if (list_ || std::none_of(services.begin(), services.end(), [](const auto& spec) {
            return is_sensor(*spec) && spec->deny_time != deny_never;
        }))
        return;
    try {
        list_ = std::make_unique<DenyList>();
        denied_ = list_->peers();
    } catch (const std::system_error& problem) {
        log_(Level::error,
             std::string("sensors have nobody refused: there is no memory for their list: ") +
                 problem.what());
    }
}

void Sensors::take_over(UniqueFd memory) {
    list_ = std::make_unique<DenyList>(std::move(memory));
    denied_ = list_->peers();
}

void Sensors::touched(const ServiceSpec& sensor, const SocketAddress& peer) noexcept {
    if (!is_sensor(sensor) || !is_well_formed(peer)) return;
    if (list_ && sensor.deny_time != deny_never) deny(sensor, peer);
    if (wants_record(sensor, Record::Kind::fail)) record_(sensor, fail_record("sensor", peer));
}

void Sensors::recall(const std::vector<DenyList::Denial>& denials, Milliseconds now) noexcept {
    if (!list_) return;
    for (const DenyList::Denial& denial : denials) list_->recall(denial, now);
}

void Sensors::deny(const ServiceSpec& sensor, const SocketAddress& peer) noexcept {
    const SourcePrefix& prefix = sensor.limits.source_prefix;
    const DenyList::Outcome outcome =
        list_->deny(source_of(peer, prefix), prefix, monotonic_ms(), sensor.deny_time);
    ++changes_;
    if (outcome != DenyList::Outcome::full || std::exchange(told_full_, true)) return;
    log_(Level::warning, sensor.id +
                             ": peers that are refused for ever fill the list: it has no room for "
                             "some others");
}

}  // namespace minetd
