// SPDX-License-Identifier: ISC
// Pools: which MPM goes by what, and limits that contradict each other.
#include <fmt/core.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>

#include "daemon/config/check.h"
#include "daemon/config/pool_attributes.h"
#include "daemon/config/pool_clamps.h"
#include "daemon/config/values.h"

namespace minetd {
namespace {

std::string mpm_text(Serve serve) {
    return mpms_text(1U << static_cast<unsigned>(serve));
}

/// Nobody of ours sees the connections of a resident program.
void warn_of_uncounted(const Draft& draft, Diagnostics& diagnostics) {
    for (const char* name : {"instances", "per_source", "service_max", "ip_max", "cps", "rate",
                             "access_times", "max_load", "overflow", "max_connections_per_child"})
        if (draft.says(name))
            diagnostics.warning(
                draft.where(name),
                fmt::format("{} does not apply to what a resident program accepts by itself", name),
                "leave it out, or let minetd accept: leave accept out");
}

/// `accept = yes`: a program that is resident.
void check_resident(Draft& draft, Diagnostics& diagnostics) {
    const ServiceSpec& spec = draft.spec;
    if (!spec.pool.accept) return;
    if (spec.server.empty())
        draft.error("accept", "only a program can be resident, and this service has none",
                    "leave accept out: the servers of a builtin accept anyway", diagnostics);
    else if (spec.serve != Serve::prefork)
        draft.error("accept", fmt::format("{} keeps no resident programs", mpm_text(spec.serve)),
                    "write prefork in the fourth field", diagnostics);
    else
        warn_of_uncounted(draft, diagnostics);
}

/// One numeric address may be written in several ways; names differ by their letters alone.
bool same_address(const std::string& a, const std::string& b) {
    if (same_word(a, b)) return true;
    addrinfo hints{}, *lists[2] = {nullptr, nullptr};
    hints.ai_flags = AI_NUMERICHOST;
    hints.ai_socktype = SOCK_STREAM;
    const bool numeric = ::getaddrinfo(a.c_str(), nullptr, &hints, &lists[0]) == 0 &&
                         ::getaddrinfo(b.c_str(), nullptr, &hints, &lists[1]) == 0;
    const auto bytes = [](const addrinfo* info) {
        return std::string_view(reinterpret_cast<const char*>(info->ai_addr), info->ai_addrlen);
    };
    const bool same = numeric && bytes(lists[0]) == bytes(lists[1]);
    for (addrinfo* list : lists)
        if (list) ::freeaddrinfo(list);
    return same;
}

bool is_root(const std::string& user) {
    return user == "root" || decimal(user) == 0;
}

/// Afterwards the addresses are spelled as in `bind`.
void check_assignments(Draft& draft, Diagnostics& diagnostics) {
    ServiceSpec& spec = draft.spec;
    std::vector<UserAssignment>& all = spec.pool.assign_user;
    if (all.empty()) return;
    if (spec.serve != Serve::perchild)
        return draft.error("assign_user",
                           fmt::format("{} serves all clients as one user", mpm_text(spec.serve)),
                           "write perchild in the fourth field", diagnostics);
    for (auto one = all.begin(); one != all.end(); ++one) {
        const auto bound =
            std::find_if(spec.bind.begin(), spec.bind.end(),
                         [&](const std::string& host) { return same_address(host, one->address); });
        if (bound == spec.bind.end()) {
            draft.error("assign_user",
                        fmt::format("the service does not listen on {} of its own", one->address),
                        fmt::format("write bind += {}", one->address), diagnostics);
            continue;
        }
        one->address = *bound;
        if (std::any_of(all.begin(), one,
                        [&](const auto& other) { return other.address == one->address; }))
            draft.error("assign_user", fmt::format("{} has two users", one->address),
                        "leave one of them out", diagnostics);
        if (is_root(one->user) && !is_root(spec.user))
            draft.error("assign_user", fmt::format("{} would be served as root", one->address),
                        "name another user", diagnostics);
    }
}

/// What was said in vain.
void warn_of_unused(const Draft& draft, Diagnostics& diagnostics) {
    const Serve serve = draft.spec.serve;
    for (const PoolAttribute& attribute : pool_attributes()) {
        if (!draft.says(attribute.name) || (draft.spec.is_pool() && attribute.is_of(serve)))
            continue;
        if (!draft.spec.is_pool()) {
            diagnostics.warning(
                draft.where(attribute.name),
                fmt::format("{} has no effect on a service that is no pool", attribute.name),
                fmt::format("write {} in the fourth field", mpms_text(attribute.mpms)));
            continue;
        }
        const PoolAttribute* instead = find_pool_attribute(attribute.instead);
        diagnostics.warning(
            draft.where(attribute.name),
            fmt::format("{} does not go by {}", mpm_text(serve), attribute.name),
            instead && instead->is_of(serve)
                ? fmt::format("write {}", instead->name)
                : fmt::format("leave it out: it is for {}", mpms_text(attribute.mpms)));
    }
}

}  // namespace

void check_pool(Draft& draft, Diagnostics& diagnostics) {
    const bool broken = draft.broken();
    check_resident(draft, diagnostics);
    check_assignments(draft, diagnostics);
    if (broken || !draft.broken()) warn_of_unused(draft, diagnostics);
    ServiceSpec& spec = draft.spec;
    if (!spec.is_pool()) {
        spec.pool = {};
        return;
    }
    const Said said = [&](std::string_view name) {
        return draft.says(name) || draft.inherits(name);
    };
    for (const Clamp& clamped : settle_pool(spec, said))
        diagnostics.warning(draft.origin(clamped.attribute), clamped.message);
}

}  // namespace minetd
