// SPDX-License-Identifier: ISC
// The words that a statement of xinetd begins with.
#pragma once

#include <string>
#include <string_view>

#include "daemon/config/xinetd_lines.h"

namespace minetd {

struct XinetdHeading {
    std::string_view word;
    XinetdStatement::Kind kind;

    /// It has braces.
    bool is_entry() const noexcept {
        return kind == XinetdStatement::Kind::service || kind == XinetdStatement::Kind::defaults;
    }
};

/// Of the first word of a line, its brace with it or not; null: it is none.
const XinetdHeading* xinetd_heading(std::string_view word) noexcept;

/// "did you mean `service`? ", or nothing.
std::string near_xinetd_heading(std::string_view word, bool entries_only);

}  // namespace minetd
