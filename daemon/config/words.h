// SPDX-License-Identifier: ISC
// Words of a logical line: splitting and quoting.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/config/dialect.h"
#include "daemon/config/source.h"

namespace minetd {

struct Word {
    std::string text;
    std::size_t offset = 0;  ///< in the logical line
    bool quoted = false;     ///< a quote was part of it: it never is a comment
};

/// Splits at blanks and newlines by the rules of `quotes`. An unterminated quote is an error, and
/// takes the rest of the line; an odd quote in the middle of a word is a warning. With `comments`,
/// a word that begins with an unquoted `#` ends its physical line.
std::vector<Word> split(const LogicalLine& line, Quotes quotes, bool comments,
                        Diagnostics& diagnostics, bool& failed);

/// One word as `split` with Quotes::with_escapes reads it back.
std::string quote(std::string_view word);
/// Several of them, with blanks between.
std::string quote(const std::vector<std::string>& words);

inline bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\f';
}

/// Takes `\n`, `\t`, `\r`, `\\`, `\'`, `\"` or `\xHH` at `at` (which is behind the backslash) and
/// moves on; false if it is none of them or means a NUL byte.
bool unescape(std::string_view text, std::size_t& at, std::string& out);

}  // namespace minetd
