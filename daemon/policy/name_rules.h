// SPDX-License-Identifier: ISC
// May this peer come, where `only_from` or `no_access` name hosts and domains? Pure: who looks the
// names up is somebody else.
//
// A host rule means the addresses that its name has now. A domain rule means the peer's own name,
// which counts only if it leads back to the peer's address (daemon/os/host_names.h). What is not
// known fails closed: it is nobody whom only_from lets in, and anybody whom no_access keeps out.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "daemon/config/admission_spec.h"
#include "daemon/policy/access_table.h"

namespace minetd {

struct KnownNames {
    std::string peer;                                       ///< empty: unknown
    std::map<std::string, std::vector<AddressBits>> hosts;  ///< none: unknown
    std::set<std::string> partly;  ///< hosts that have more addresses than these
};

/// Some rule is about the peer's own name.
bool needs_name_of_peer(const AccessLists& lists) noexcept;
/// The hosts that rules name.
std::vector<std::string> named_hosts(const AccessLists& lists);

/// allow or deny, never unknown.
Verdict decide_by_names(const AccessLists& lists, AddressBits peer, const KnownNames& names);

}  // namespace minetd
