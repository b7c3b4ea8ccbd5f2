// SPDX-License-Identifier: ISC
// The table of xinetd's attributes: where each may stand, how many values and which operators it
// takes, and what it says natively.
#pragma once

#include <span>

#include "daemon/config/xinetd_entry.h"

namespace minetd {

struct XinetdAttribute {
    enum class Count : std::uint8_t { one, two, any };
    enum class Scope : std::uint8_t { both, service, defaults };

    std::string_view name;
    Count count;
    Scope scope;
    bool list;                ///< += and -= too, as often as one likes
    std::string_view native;  ///< the attribute that it is, where it simply is one
    /// What xinetd takes for a value, as far as the native one takes more; may be null. Throws
    /// BadValue.
    void (*grammar)(Words);
    /// Throws BadValue. What is unusual but taken is a warning.
    void (*take)(XinetdEntry&, const XinetdAttribute&, const XinetdSetting&, Diagnostics&);
    bool own = false;  ///< minetd's: it takes its value as a native file has it
};

/// All of them, in the order of xinetd.conf(5) more or less.
std::span<const XinetdAttribute> xinetd_attributes() noexcept;

/// By xinetd's name, or minetd's own; null for an unknown one.
const XinetdAttribute* find_xinetd_attribute(std::string_view name);

/// Whether xinetd copies the default into an entry at once, so that an entry above the defaults
/// goes without.
bool copied_at_once(std::string_view attribute) noexcept;

}  // namespace minetd
