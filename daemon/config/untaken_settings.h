// SPDX-License-Identifier: ISC
// What is said about settings of a section that no spec takes.
#pragma once

#include "daemon/config/attributes.h"
#include "daemon/config/sections.h"

namespace minetd {

/// Says why: `row` is null, or cannot be said in [defaults]. False if it is an error.
bool tell_untaken(const Setting& setting, const Row<ServiceSpec>* row, Diagnostics& diagnostics);

/// A warning if it is a directive of httpd.conf that means nothing here; else false.
bool tell_foreign(const Setting& setting, Diagnostics& diagnostics);

/// Blocks for other MPMs are what <IfModule> is for; but a service with nothing but those, and a
/// block for a module that minetd cannot have, are mistakes.
void tell_blocks(const Section& section, Serve serve, Diagnostics& diagnostics);

}  // namespace minetd
