// SPDX-License-Identifier: ISC
// Names of hosts and of interfaces where a service has addresses: whether there are any behind
// them.
#include <fmt/core.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <memory>
#include <set>

#include "daemon/config/host_check.h"
#include "daemon/config/names.h"
#include "daemon/config/values.h"
#include "daemon/os/host_names.h"

namespace minetd {
namespace {

constexpr Milliseconds patience = 5000;  ///< for all names together

bool is_interface(const std::string& name) {
    return ::if_nametoindex(name.c_str()) != 0;
}

/// The first address of an interface; empty: it has none.
std::string address_on(const std::string& interface) {
    ifaddrs* all = nullptr;
    if (::getifaddrs(&all) < 0) return {};
    const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owned(all, ::freeifaddrs);
    for (const ifaddrs* one = all; one != nullptr; one = one->ifa_next) {
        if (one->ifa_addr == nullptr || interface != one->ifa_name) continue;
        const int family = one->ifa_addr->sa_family;
        if (family != AF_INET && family != AF_INET6) continue;
        char text[NI_MAXHOST];
        const socklen_t length = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
        if (::getnameinfo(one->ifa_addr, length, text, sizeof text, nullptr, 0, NI_NUMERICHOST) ==
            0)
            return text;
    }
    return {};
}

/// A name in an attribute, and what comes of it while nobody knows the name.
struct Use {
    std::string_view attribute;
    std::string name;
    std::string_view effect;
};

void hosts_of(const AccessRules& rules, std::string_view attribute, std::string_view effect,
              std::vector<Use>& uses) {
    for (const AccessRule& rule : rules)
        if (rule.kind == AccessRule::Kind::host && !means_everybody(rule.name))
            uses.push_back({attribute, rule.name, effect});
}

std::vector<Use> names_in(const ServiceSpec& spec) {
    std::vector<Use> uses;
    if (spec.access.only_from)
        hosts_of(*spec.access.only_from, "only_from", "it admits nobody", uses);
    hosts_of(spec.access.no_access, "no_access", "everybody is refused", uses);
    for (const std::string& host : spec.bind)
        if (host != "*" && address_family(host) == AF_UNSPEC && !is_interface(host))
            uses.push_back({"bind", host, "nothing listens there"});
    const std::string& host = spec.redirect.host;
    if (!host.empty() && address_family(host) == AF_UNSPEC)
        uses.push_back({"redirect", host, "nobody is forwarded"});
    return uses;
}

}  // namespace

bool means_everybody(std::string_view host) noexcept {
    return same_word(host, "all") || same_word(host, "any");
}

void warn_of_interfaces(const Draft& draft, Diagnostics& diagnostics) {
    for (const std::string& host : draft.spec.bind) {
        if (host.empty() || address_family(host) != AF_UNSPEC || !is_interface(host)) continue;
        const std::string address = address_on(host);
        std::string advice =
            "write its address" + (address.empty() ? std::string() : ", " + address);
        // xinetd's `interface` is an address.
        if (!draft.by_id) advice += fmt::format(", or interface = {}", host);
        diagnostics.warning(
            draft.origin("bind"),
            fmt::format("bind: {} is a network interface and no address: nothing listens there",
                        host),
            std::move(advice));
    }
}

void warn_of_unknown_names(const std::vector<Draft*>& drafts, Diagnostics& diagnostics) {
    std::set<std::string> names;
    for (const Draft* draft : drafts)
        for (const Use& use : names_in(draft->spec)) names.insert(use.name);
    const auto without = without_address({names.begin(), names.end()}, patience);
    for (const Draft* draft : drafts)
        for (const Use& use : names_in(draft->spec)) {
            const auto found = without.find(use.name);
            if (found == without.end()) continue;
            diagnostics.warning(
                draft->origin(use.attribute),
                fmt::format("{}: `{}` has no address ({}): as long as that is so, {}",
                            use.attribute, use.name, found->second, use.effect),
                "correct the name, or write the address");
        }
}

}  // namespace minetd
