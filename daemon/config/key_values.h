// SPDX-License-Identifier: ISC
// NetBSD's key-value records: `service on key = value, key = value;`.
#pragma once

#include <memory>

#include "daemon/config/inetd_lines.h"
#include "daemon/config/lines.h"

namespace minetd {

/// Reads one record that begins with `line`, taking further lines from `reader`; what follows its
/// semicolon goes back to the reader. A record that is `off` yields a disabled draft.
Draft read_key_values(const std::shared_ptr<LogicalLine>& line, LineReader& reader,
                      const LineContext& context, Diagnostics& diagnostics);

}  // namespace minetd
