// SPDX-License-Identifier: ISC
#include "daemon/policy/name_rules.h"

#include <algorithm>

namespace minetd {
namespace {

enum class Match { no, yes, unknown };

Match match_host(const std::string& host, AddressBits peer, const KnownNames& names) {
    const auto found = names.hosts.find(host);
    if (found == names.hosts.end() || found->second.empty()) return Match::unknown;
    const auto& addresses = found->second;
    const bool among = std::find(addresses.begin(), addresses.end(), peer) != addresses.end();
    if (among) return Match::yes;
    return names.partly.contains(host) ? Match::unknown : Match::no;
}

Match match(const AccessRule& rule, AddressBits peer, const KnownNames& names) {
    switch (rule.kind) {
        case AccessRule::Kind::network:
            return prefix_of(peer, rule.prefix) == bits_of(rule.address.data()) ? Match::yes
                                                                                : Match::no;
        case AccessRule::Kind::host:
            return match_host(rule.name, peer, names);
        case AccessRule::Kind::domain:
            if (names.peer.empty()) return Match::unknown;
            return names.peer.ends_with(rule.name) ? Match::yes : Match::no;
    }
    return Match::unknown;
}

template <class Visit>
void for_each_rule(const AccessLists& lists, const Visit& visit) {
    for (const AccessRule& rule : lists.no_access) visit(rule);
    if (!lists.only_from) return;
    for (const AccessRule& rule : *lists.only_from) visit(rule);
}

}  // namespace

bool needs_name_of_peer(const AccessLists& lists) noexcept {
    bool needed = false;
    for_each_rule(lists, [&](const AccessRule& rule) {
        needed = needed || rule.kind == AccessRule::Kind::domain;
    });
    return needed;
}

std::vector<std::string> named_hosts(const AccessLists& lists) {
    std::vector<std::string> hosts;
    for_each_rule(lists, [&](const AccessRule& rule) {
        if (rule.kind != AccessRule::Kind::host) return;
        if (std::find(hosts.begin(), hosts.end(), rule.name) == hosts.end())
            hosts.push_back(rule.name);
    });
    return hosts;
}

Verdict decide_by_names(const AccessLists& lists, AddressBits peer, const KnownNames& names) {
    for (const AccessRule& rule : lists.no_access)
        if (match(rule, peer, names) != Match::no) return Verdict::deny;
    if (!lists.only_from) return Verdict::allow;
    const bool named =
        std::any_of(lists.only_from->begin(), lists.only_from->end(),
                    [&](const AccessRule& rule) { return match(rule, peer, names) == Match::yes; });
    return named ? Verdict::allow : Verdict::deny;
}

}  // namespace minetd
