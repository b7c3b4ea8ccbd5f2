// SPDX-License-Identifier: ISC
// As much of UTF-8 as messages need: is it, and how wide is it.
#pragma once

#include <cstddef>
#include <string_view>

namespace minetd {

/// Length of the well-formed character at the start of `text` (RFC 3629: no overlong forms, no
/// surrogates, nothing above U+10FFFF); 0 if there is none.
std::size_t utf8_length(std::string_view text) noexcept;

/// Offset of the first byte that is not part of well-formed UTF-8; npos if all is.
std::size_t invalid_utf8(std::string_view text) noexcept;

}  // namespace minetd
