// SPDX-License-Identifier: ISC
// What an entry of xinetd comes to when all its settings are read: what one attribute says of
// another, what is missing, and what xinetd does unless told.
#pragma once

#include "daemon/config/xinetd_entry.h"

namespace minetd {

/// Completes the draft, or breaks it with an error at the setting that is to blame.
void settle_xinetd_service(XinetdEntry& entry, Diagnostics& diagnostics);

}  // namespace minetd
