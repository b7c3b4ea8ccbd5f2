// SPDX-License-Identifier: ISC
// What a reload has to do: two configurations compared, service by service.
#include <unordered_map>
#include <unordered_set>

#include "daemon/config/attributes.h"
#include "daemon/config/configuration.h"

namespace minetd {
namespace {

/// A key of Configuration::broken that names the service, or its name alone (`name/?`).
bool is_broken(const std::unordered_set<std::string>& broken, const ServiceSpec& spec) {
    return broken.contains(spec.key()) || broken.contains(spec.name + "/?");
}

Changes::Pair compare(std::shared_ptr<const ServiceSpec> before,
                      std::shared_ptr<const ServiceSpec> after) {
    Changes::Pair pair{std::move(before), std::move(after), true, false};
    for (const Row<ServiceSpec>& row : service_attributes()) {
        if (row.equal(*pair.before, *pair.after)) continue;
        if (row.effect == Effect::socket) pair.same_socket = false;
        if (row.effect != Effect::none) pair.needs_new_servers = true;
    }
    return pair;
}

}  // namespace

Changes changes(const Configuration& current, const Configuration& next) {
    std::unordered_map<std::string, std::shared_ptr<const ServiceSpec>> after;
    for (const auto& spec : next.services) after.emplace(spec->key(), spec);
    const std::unordered_set<std::string> broken(next.broken.begin(), next.broken.end());

    Changes changes;
    for (const auto& spec : current.services) {
        const auto found = after.find(spec->key());
        if (found == after.end())
            (is_broken(broken, *spec) ? changes.kept : changes.removed).push_back(spec);
        else if (*found->second == *spec)
            changes.kept.push_back(spec);
        else
            changes.changed.push_back(compare(spec, found->second));
        if (found != after.end()) after.erase(found);
    }
    for (const auto& spec : next.services)
        if (after.contains(spec->key())) changes.added.push_back(spec);
    return changes;
}

}  // namespace minetd
