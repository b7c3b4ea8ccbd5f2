// SPDX-License-Identifier: ISC
// What one life of the daemon leaves to the next through the service manager (state_store.h).
#include <fmt/format.h>

#include "daemon/os/clock.h"
#include "daemon/os/sealed_file.h"
#include "daemon/superdaemon.h"

namespace minetd {

void Superdaemon::recall() {
    const UniqueFd state = inheritance_.take_saved_state();
    if (!state) return;
    const Milliseconds now = monotonic_ms();
    try {
        former_ = SavedState::from_text(read_sealed_file(state.get(), SavedState::longest), now);
    } catch (const std::exception& problem) {
        return log_.message(
            Level::warning,
            fmt::format("the saved state is not used, and counts begin anew: {}", problem.what()));
    }
    sensors_.recall(former_.denied, now);
    for (const auto& spec : configuration_.services)
        if (const auto found = former_.services.find(spec->key()); found != former_.services.end())
            boards_.recall(found->first, found->second.totals);
}

void Superdaemon::recall_counts(const ServiceSpec& spec, Ledger& ledger) noexcept {
    const auto found = former_.services.find(spec.key());
    if (found != former_.services.end()) ledger.recall(found->second.counts, monotonic_ms());
}

SavedState Superdaemon::what_to_save() const {
    const Milliseconds now = monotonic_ms();
    SavedState state{.denied = sensors_.denials(now), .services = {}};
    std::size_t ledgers = 1;
    for (const auto& [key, service] : services_) ledgers += service->ledger != nullptr;
    auto totals = boards_.totals();
    for (const auto& [key, service] : services_) {
        SavedState::Service& saved = state.services[key];
        saved.totals = totals[key];
        if (service->ledger)
            saved.counts = service->ledger->memory(now, SavedState::most_sources / ledgers);
    }
    return state;
}

}  // namespace minetd
