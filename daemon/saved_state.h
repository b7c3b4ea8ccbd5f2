// SPDX-License-Identifier: ISC
// What the daemon leaves to its next life, however this one ends: who is denied, what the limits of
// rate have counted, and the statistics. Plain data, as text in a sealed memory file that a service
// manager keeps. Nobody who is connected is in it: sessions end, or go on without us.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "daemon/policy/deny_list.h"
#include "daemon/policy/ledger_memory.h"
#include "mpm/scoreboard.h"

namespace minetd {

struct SavedState {
    static constexpr int format = 1;
    /// Longer texts are none of ours.
    static constexpr std::size_t longest = 16 << 20;
    /// Of all services together; those who were there last.
    static constexpr std::size_t most_sources = 16'384;

    struct Service {
        LedgerMemory counts;
        Scoreboard::Totals totals;
    };
    std::vector<DenyList::Denial> denied;
    std::map<std::string, Service> services;  ///< by key

    std::string to_text() const;
    /// What of it still holds at `now`. Throws std::runtime_error with what is wrong in it: it may
    /// be of another release, or of anybody who can hand us a descriptor.
    static SavedState from_text(const std::string& text, Milliseconds now);
};

}  // namespace minetd
