// SPDX-License-Identifier: ISC
// An entry of xinetd while its settings are read: the draft, and what only its end can settle.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/config/draft.h"
#include "daemon/config/xinetd_lines.h"

namespace minetd {

struct XinetdEntry {
    explicit XinetdEntry(const Place& place) : draft(place) {}

    /// The place of a setting, by xinetd's name; of the entry if there is none.
    Where where(std::string_view name) const {
        const auto found = places.find(name);
        return found == places.end() ? draft.where() : found->second.where();
    }
    bool says(std::string_view name) const { return places.contains(name); }
    void error(std::string_view name, std::string message, std::string advice,
               Diagnostics& diagnostics) {
        draft.break_it();
        diagnostics.error(where(name), std::move(message), std::move(advice));
    }

    Draft draft;
    unsigned types = 0, flags = 0;  ///< XinetdType, XinetdFlag
    std::string protocol;           ///< as written
    std::optional<bool> v6only;
    bool disabled = false;
    std::vector<Word> enabled_ids, disabled_ids;  ///< `enabled`, `disabled`: of defaults only
    std::map<std::string_view, Place> places;     ///< by the name in the table of attributes
};

}  // namespace minetd
