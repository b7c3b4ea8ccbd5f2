// SPDX-License-Identifier: ISC
// May this address come? `only_from` and `no_access` as one path-compressed prefix tree (Morrison's
// PATRICIA, 1968). Made at load and constant afterwards; a look-up follows one branch and allocates
// nothing, so a child on borrowed memory may do it.
#pragma once

#include <vector>

#include "daemon/config/admission_spec.h"
#include "daemon/policy/address_bits.h"

namespace minetd {

/// `unknown`: only the peer's name, which the table cannot know, could tell.
enum class Verdict : std::uint8_t { allow, deny, unknown };

class AccessTable {
  public:
    explicit AccessTable(const AccessLists& lists);

    /// As xinetd decides: whoever `no_access` names is refused, whatever `only_from` says; where
    /// there is an `only_from`, so is whoever it does not name. A peer without an IP address is
    /// nobody the lists could mean: allow.
    Verdict verdict(const SocketAddress& peer) const noexcept;
    Verdict verdict(AddressBits address) const noexcept { return conclude(look_up(address).marks); }

    /// Nodes that the look-up of this address visits: what it costs.
    unsigned depth(AddressBits address) const noexcept { return look_up(address).visited; }

  private:
    struct Node {
        AddressBits prefix;
        std::uint32_t child[2] = {};  ///< by the bit behind the prefix; 0: none
        std::uint8_t length = 0;
        std::uint8_t marks = 0;
    };
    struct Found {
        unsigned marks = 0, visited = 0;
    };

    std::uint32_t add(AddressBits prefix, unsigned length, unsigned marks);
    void insert(AddressBits prefix, unsigned length, unsigned mark);
    void insert(const AccessRules& rules, unsigned mark, bool& names);
    Found look_up(AddressBits address) const noexcept;
    Verdict conclude(unsigned marks) const noexcept;

    std::vector<Node> nodes_;  ///< the first is the root, ::/0
    bool limited_;             ///< there is an only_from
    bool allows_names_ = false, denies_names_ = false;
};

}  // namespace minetd
