// SPDX-License-Identifier: ISC
// What a reload has to do: two configurations compared, service by service.
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "daemon/config/attributes.h"
#include "daemon/config/configuration.h"

namespace minetd {
namespace {

using Spec = std::shared_ptr<const ServiceSpec>;

Changes::Pair compare(Spec before, Spec after) {
    Changes::Pair pair{std::move(before), std::move(after), true, false};
    for (const Row<ServiceSpec>& row : service_attributes()) {
        if (row.equal(*pair.before, *pair.after)) continue;
        if (row.effect == Effect::socket) pair.same_socket = false;
        if (row.effect != Effect::none) pair.needs_new_servers = true;
    }
    return pair;
}

bool same_place(const ServiceSpec& a, const ServiceSpec& b) {
    const auto has_port = [](const ServiceSpec& spec) {
        return !spec.tcpmux && spec.family != Family::unix_domain;
    };
    return has_port(a) && has_port(b) && a.port == b.port && a.bind == b.bind &&
           a.interface == b.interface && a.protocol == b.protocol && a.family == b.family &&
           a.socket_type == b.socket_type && a.rpc == b.rpc;
}

/// Which service of the next configuration each one of the current is: the one of its id at its
/// place, under whatever name, or else the one of its key.
class Succession {
  public:
    Succession(const Configuration& current, const Configuration& next) {
        std::unordered_multimap<std::string_view, Spec> by_id;
        for (const Spec& spec : next.services) {
            by_key_.emplace(spec->key(), spec);
            by_id.emplace(spec->id, spec);
        }
        for (const Spec& spec : current.services) {
            const auto [first, last] = by_id.equal_range(spec->id);
            for (auto at = first; at != last; ++at)
                if (same_place(*spec, *at->second) &&
                    former_key_.emplace(at->second.get(), spec->key()).second) {
                    successors_[spec.get()] = at->second;
                    break;
                }
        }
        for (const Spec& spec : current.services) succeed(spec);
    }

    /// Under the name of the current one; null: there is none.
    Spec of(const Spec& current) const {
        const auto found = successors_.find(current.get());
        if (found == successors_.end()) return nullptr;
        if (found->second->key() == current->key()) return found->second;
        auto renamed = std::make_shared<ServiceSpec>(*found->second);
        renamed->rename(current->name);
        return renamed;
    }
    bool is_new(const Spec& next) const { return !former_key_.contains(next.get()); }

  private:
    /// By key, where it is nowhere else; and only one service has each key afterwards.
    void succeed(const Spec& current) {
        const auto same_key = by_key_.find(current->key());
        const auto found = successors_.find(current.get());
        if (found != successors_.end()) {
            if (same_key == by_key_.end() || same_key->second == found->second) return;
            const auto gone = former_key_.find(same_key->second.get());
            if (gone != former_key_.end() && !by_key_.contains(gone->second)) return;
            former_key_.erase(found->second.get());
            successors_.erase(found);
        }
        if (same_key != by_key_.end() &&
            former_key_.emplace(same_key->second.get(), current->key()).second)
            successors_[current.get()] = same_key->second;
    }

    std::unordered_map<std::string, Spec> by_key_;  ///< of the next configuration
    std::unordered_map<const ServiceSpec*, Spec> successors_;
    std::unordered_map<const ServiceSpec*, std::string> former_key_;  ///< of the successors
};

/// What is wrong in the next configuration, and cannot be a word about what runs.
class Faults {
  public:
    explicit Faults(const Configuration& next)
        : next_(next), broken_(next.broken.begin(), next.broken.end()) {}

    bool concern(const ServiceSpec& spec) const {
        const auto names = [&](const std::string& name) { return broken_.contains(name + "/?"); };
        const auto& file = spec.where.file;
        return broken_.contains(spec.key()) || names(spec.name) || names(spec.id) ||
               (next_.incomplete && (!file || !next_.files.contains(*file)));
    }

  private:
    const Configuration& next_;
    std::unordered_set<std::string> broken_;
};

}  // namespace

Changes changes(const Configuration& current, const Configuration& next) {
    const Succession succession(current, next);
    const Faults faults(next);
    Changes changes;
    for (const Spec& spec : current.services) {
        const Spec after = succession.of(spec);
        if (!after)
            (faults.concern(*spec) ? changes.kept : changes.removed).push_back(spec);
        else if (*after == *spec)
            changes.kept.push_back(spec);
        else
            changes.changed.push_back(compare(spec, after));
    }
    for (const Spec& spec : next.services)
        if (succession.is_new(spec)) changes.added.push_back(spec);
    return changes;
}

}  // namespace minetd
