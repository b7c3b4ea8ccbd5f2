// SPDX-License-Identifier: ISC
// Text to numbers and back; and the nearest of several words.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace minetd {

/// A value that cannot be taken, and what could be written instead. Never leaves daemon/config.
class BadValue : public std::runtime_error {
  public:
    explicit BadValue(const std::string& message, std::string advice_text = {},
                      std::size_t word_index = 0)
        : std::runtime_error(message), advice(std::move(advice_text)), word(word_index) {}
    std::string advice;
    std::size_t word;  ///< which word of the value is wrong
};

/// Strictly decimal, all of `text`; nothing when it is not that. Too large a number saturates.
std::optional<std::int64_t> decimal(std::string_view text) noexcept;

/// A number in [min, max]; throws BadValue.
std::int64_t number_from(std::string_view text, std::int64_t min, std::int64_t max);
/// The same with a unit behind it. Sizes: k, m, g (powers of 1024); times: s, m, h, d.
std::int64_t size_from(std::string_view text, std::int64_t min, std::int64_t max);
std::int64_t seconds_from(std::string_view text, std::int64_t min, std::int64_t max);
/// Octal permission bits, 0 to 07777.
unsigned mode_from(std::string_view text);
std::string mode_text(unsigned mode);

/// Lower case without `_` and `-`: how names of attributes are compared.
std::string folded(std::string_view name);
bool same_word(std::string_view a, std::string_view b) noexcept;  ///< without case

/// Damerau-Levenshtein distance without case; words longer than 64 bytes are "far".
unsigned distance(std::string_view a, std::string_view b);
/// "did you mean `x`?", or nothing when no candidate is near.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates);
std::string nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace minetd
