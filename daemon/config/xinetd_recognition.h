// SPDX-License-Identifier: ISC
// Whose file it is, by its content; and what of xinetd's is in a file of others.
#pragma once

#include <string>
#include <vector>

#include "daemon/config/source.h"
#include "daemon/config/xinetd_lines.h"

namespace minetd {

/// Whether these are lines of xinetd, and not of any inetd: a heading with its brace, or an include
/// of its kind, comes first, and there are not more lines of an inetd than of these.
bool is_xinetd(const Source& source);

/// A statement of xinetd in a file that is none of xinetd's, by its lines from 0.
struct PastedStatement {
    std::size_t first = 0, last = 0;
    XinetdStatement::Kind kind = XinetdStatement::Kind::service;
    std::string name;  ///< of the service
};
std::vector<PastedStatement> pasted_statements(const Source& source);

}  // namespace minetd
