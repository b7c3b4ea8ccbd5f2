// SPDX-License-Identifier: ISC
// Moments as HTTP writes them (RFC 9110, 5.6.7): seconds, UTC, in English whatever the locale.
#pragma once

#include <array>
#include <ctime>
#include <optional>
#include <string_view>

namespace minetd::http {

using DateText = std::array<char, 29>;

/// `Sun, 06 Nov 1994 08:49:37 GMT`; a year that has not four digits is clamped.
DateText format_date(std::time_t moment) noexcept;

/// Any of the three forms that a recipient must accept; nothing for any other text.
std::optional<std::time_t> parse_date(std::string_view text) noexcept;

inline std::string_view view(const DateText& text) noexcept {
    return {text.data(), text.size()};
}

}  // namespace minetd::http
