// SPDX-License-Identifier: ISC
#include "daemon/policy/access_table.h"

#include <algorithm>

namespace minetd {
namespace {

enum Mark : unsigned { allowed = 1, denied = 2 };

}  // namespace

AccessTable::AccessTable(const AccessLists& lists) : nodes_(1), limited_(lists.only_from) {
    if (lists.only_from) insert(*lists.only_from, allowed, allows_names_);
    insert(lists.no_access, denied, denies_names_);
    nodes_.shrink_to_fit();
}

void AccessTable::insert(const AccessRules& rules, unsigned mark, bool& names) {
    for (const AccessRule& rule : rules) {
        if (rule.kind == AccessRule::Kind::network)
            insert(bits_of(rule.address.data()), rule.prefix, mark);
        else
            names = true;
    }
}

std::uint32_t AccessTable::add(AddressBits prefix, unsigned length, unsigned marks) {
    nodes_.push_back(
        {prefix, {}, static_cast<std::uint8_t>(length), static_cast<std::uint8_t>(marks)});
    return static_cast<std::uint32_t>(nodes_.size() - 1);
}

void AccessTable::insert(AddressBits prefix, unsigned length, unsigned mark) {
    // Invariant: the node at hand is a prefix of the rule.
    for (std::uint32_t at = 0;;) {
        if (nodes_[at].length == length) {
            nodes_[at].marks |= static_cast<std::uint8_t>(mark);
            return;
        }
        const unsigned side = bit_of(prefix, nodes_[at].length);
        const std::uint32_t next = nodes_[at].child[side];
        if (next == 0) {
            const std::uint32_t leaf = add(prefix, length, mark);
            nodes_[at].child[side] = leaf;
            return;
        }
        const unsigned next_length = nodes_[next].length;
        const unsigned common =
            std::min({common_prefix(prefix, nodes_[next].prefix), length, next_length});
        if (common == next_length) {
            at = next;
            continue;
        }
        // The rule ends, or goes another way, between the two.
        const std::uint32_t fork = add(prefix_of(prefix, common), common, 0);
        nodes_[fork].child[bit_of(nodes_[next].prefix, common)] = next;
        nodes_[at].child[side] = fork;
        at = fork;
    }
}

AccessTable::Found AccessTable::look_up(AddressBits address) const noexcept {
    const Node* const nodes = nodes_.data();
    Found found;
    for (std::uint32_t at = 0;;) {
        const Node& node = nodes[at];
        ++found.visited;
        if (prefix_of(address, node.length) != node.prefix) return found;
        found.marks |= node.marks;
        if ((found.marks & denied) != 0 || node.length == address_length) return found;
        at = node.child[bit_of(address, node.length)];
        if (at == 0) return found;
    }
}

Verdict AccessTable::conclude(unsigned marks) const noexcept {
    if ((marks & denied) != 0) return Verdict::deny;
    if (denies_names_) return Verdict::unknown;
    if (!limited_ || (marks & allowed) != 0) return Verdict::allow;
    return allows_names_ ? Verdict::unknown : Verdict::deny;
}

Verdict AccessTable::verdict(const SocketAddress& peer) const noexcept {
    const std::optional<AddressBits> address = bits_of(peer);
    return address ? verdict(*address) : Verdict::allow;
}

}  // namespace minetd
