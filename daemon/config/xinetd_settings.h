// SPDX-License-Identifier: ISC
// One setting of an entry of xinetd: whether xinetd would take it, with what it would make of a
// comment, of a second one and of too many values, and what it says to the entry.
#pragma once

#include <map>

#include "daemon/config/xinetd_attributes.h"

namespace minetd {

/// Where the single-valued attributes of a block were said first: xinetd takes no second one.
using XinetdSeen = std::map<const XinetdAttribute*, Where>;

/// The attribute, if xinetd would take the setting: else null, with a warning. Takes comments off
/// its end.
const XinetdAttribute* accept_setting(XinetdSetting& setting, bool in_defaults, XinetdSeen& seen,
                                      Diagnostics& diagnostics);

/// Says it to the entry. A bad value is an error, and breaks the entry's draft.
void take_setting(XinetdEntry& entry, const XinetdAttribute& attribute,
                  const XinetdSetting& setting, Diagnostics& diagnostics);

}  // namespace minetd
