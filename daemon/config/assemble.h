// SPDX-License-Identifier: ISC
// Lines and sections together: which section is about which service, and what [defaults] give.
#pragma once

#include <vector>

#include "daemon/config/configuration.h"
#include "daemon/config/reader.h"

namespace minetd {

/// Applies the sections to `daemon` and to the drafts of the lines, and adds the drafts that
/// sections define. False if [minetd] or [defaults] is broken; that is reported.
bool assemble(Reader& reader, DaemonSpec& daemon, std::vector<Draft>& drafts,
              Diagnostics& diagnostics);

}  // namespace minetd
