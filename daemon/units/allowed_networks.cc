// SPDX-License-Identifier: ISC
#include "daemon/units/allowed_networks.h"

#include <algorithm>

#include "daemon/config/access_words.h"

namespace minetd {
namespace {

constexpr unsigned address_bits = 128;
constexpr std::size_t most_rules = 512;

bool bit(const AccessRule& rule, unsigned index) {
    return (rule.address[index / 8] >> (7 - index % 8) & 1) != 0;
}

/// Whether the first rule is of the second or is around it.
bool overlap(const AccessRule& a, const AccessRule& b) {
    const unsigned common = std::min(a.prefix, b.prefix);
    for (unsigned i = 0; i < common; ++i)
        if (bit(a, i) != bit(b, i)) return false;
    return true;
}

AccessRule half(AccessRule rule, bool upper) {
    if (upper)
        rule.address[rule.prefix / 8] =
            static_cast<std::uint8_t>(rule.address[rule.prefix / 8] | 0x80U >> (rule.prefix % 8));
    ++rule.prefix;
    return rule;
}

/// What is left of a network: it is halved until no half has to do with a denied one.
void subtract(const AccessRule& rule, const AccessRules& denied, AccessRules& left) {
    bool touched = false;
    for (const AccessRule& other : denied) {
        if (!overlap(rule, other)) continue;
        if (other.prefix <= rule.prefix) return;
        touched = true;
    }
    if (!touched || left.size() > most_rules) return left.push_back(rule);
    if (rule.prefix == address_bits) return;
    subtract(half(rule, false), denied, left);
    subtract(half(rule, true), denied, left);
}

/// To minetd an IPv4 address is one behind ::ffff:0:0/96; to systemd it is in no IPv6 network.
std::vector<std::string> texts(const AccessRules& rules) {
    AccessRule v4;
    v4.address[10] = v4.address[11] = 0xFF;
    v4.prefix = 96;
    std::vector<std::string> out;
    for (const AccessRule& rule : rules) {
        out.push_back(access_text(rule));
        if (rule.prefix < v4.prefix && overlap(rule, v4)) out.push_back(access_text(v4));
    }
    return out;
}

}  // namespace

std::optional<AllowedNetworks> allowed_networks(const AccessLists& lists) {
    if (lists.names()) return std::nullopt;
    AllowedNetworks networks;
    if (!lists.only_from) {
        networks.deny = texts(lists.no_access);
        return networks;
    }
    if (std::max(lists.no_access.size(), lists.only_from->size()) > most_rules) return std::nullopt;
    AccessRules left;
    for (const AccessRule& rule : *lists.only_from) subtract(rule, lists.no_access, left);
    if (left.size() > most_rules) return std::nullopt;
    networks.allow = texts(left);
    networks.deny = {"any"};
    return networks;
}

}  // namespace minetd
