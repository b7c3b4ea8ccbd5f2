// SPDX-License-Identifier: ISC
// Attributes by the names that people write.
#include <algorithm>
#include <unordered_map>
#include <vector>

#include "daemon/config/attributes.h"
#include "daemon/config/limit_attribute.h"
#include "daemon/config/values.h"

namespace minetd {
namespace {

/// Calls `see(name)` for the name and each alias.
template <class Visitor>
void each_name(const Attribute& attribute, Visitor see) {
    see(attribute.name);
    for (std::string_view rest = attribute.aliases; !rest.empty();) {
        const std::size_t end = std::min(rest.find(' '), rest.size());
        see(rest.substr(0, end));
        rest.remove_prefix(end == rest.size() ? end : end + 1);
    }
}

template <class Spec>
const Row<Spec>* find(std::span<const Row<Spec>> table, std::string_view name) {
    static const auto index = [&] {
        std::unordered_map<std::string, const Row<Spec>*> by_name;
        for (const Row<Spec>& row : table)
            each_name(row, [&](std::string_view one) { by_name.emplace(folded(one), &row); });
        return by_name;
    }();
    const auto found = index.find(folded(name));
    return found == index.end() ? nullptr : found->second;
}

}  // namespace

const Row<ServiceSpec>* find_service_attribute(std::string_view name) {
    return find(service_attributes(), name);
}

const Row<DaemonSpec>* find_daemon_attribute(std::string_view name) {
    return find(daemon_attributes(), name);
}

std::string_view limit_attribute(int resource) {
    const ServiceSpec none;
    ServiceSpec limited;
    limited.rlimits = {{resource, 1}};
    for (const Row<ServiceSpec>& row : service_attributes())
        if (!row.equal(none, limited)) return row.name;
    return "rlimit_";
}

std::string suggest_attribute(std::string_view name) {
    std::vector<std::string_view> names;
    for (const Attribute& row : service_attributes())
        each_name(row, [&](std::string_view one) { names.push_back(one); });
    for (const Attribute& row : daemon_attributes())
        each_name(row, [&](std::string_view one) { names.push_back(one); });
    return did_you_mean(name, names);
}

}  // namespace minetd
