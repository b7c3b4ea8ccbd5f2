// SPDX-License-Identifier: ISC
#include "daemon/config/values.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>
#include <vector>

namespace minetd {
namespace {

constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

struct Unit {
    char letter;
    std::int64_t factor;
};
constexpr Unit sizes[] = {{'k', 1024}, {'m', 1024 * 1024}, {'g', 1024 * 1024 * 1024}};
constexpr Unit times[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};

std::int64_t in_range(std::int64_t value, std::string_view text, std::int64_t min,
                      std::int64_t max) {
    if (value < min || value > max)
        throw BadValue(fmt::format("{} is out of range", text),
                       fmt::format("write a number from {} to {}", min, max));
    return value;
}

std::int64_t with_unit(std::string_view text, std::span<const Unit> units, std::int64_t min,
                       std::int64_t max) {
    std::int64_t factor = 1;
    std::string_view digits = text;
    std::string letters;
    for (const Unit& unit : units) {
        letters += (letters.empty() ? "" : ", ") + std::string(1, unit.letter);
        if (!text.empty() && std::tolower(static_cast<unsigned char>(text.back())) == unit.letter) {
            factor = unit.factor;
            digits.remove_suffix(1);
        }
    }
    const auto value = decimal(digits);
    if (!value)
        throw BadValue(fmt::format("`{}` is not a number with one of the units {}", text, letters));
    const bool overflow = *value > most / factor || *value < -(most / factor);
    return in_range(overflow ? most : *value * factor, text, min, max);
}

}  // namespace

std::optional<std::int64_t> decimal(std::string_view text) noexcept {
    const bool negative = text.starts_with('-');
    if (negative) text.remove_prefix(1);
    if (text.empty()) return std::nullopt;
    std::int64_t value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value > (most - 9) / 10 ? most : value * 10 + (c - '0');
    }
    return negative ? -value : value;
}

std::int64_t number_from(std::string_view text, std::int64_t min, std::int64_t max) {
    const auto value = decimal(text);
    if (!value)
        throw BadValue(fmt::format("`{}` is not a number", text),
                       fmt::format("write a number from {} to {}", min, max));
    return in_range(*value, text, min, max);
}

std::int64_t size_from(std::string_view text, std::int64_t min, std::int64_t max) {
    return with_unit(text, sizes, min, max);
}

std::int64_t seconds_from(std::string_view text, std::int64_t min, std::int64_t max) {
    return with_unit(text, times, min, max);
}

unsigned mode_from(std::string_view text) {
    unsigned mode = 0;
    for (const char c : text) {
        if (c < '0' || c > '7') mode = 010000;
        if (mode < 010000) mode = mode * 8 + static_cast<unsigned>(c - '0');
    }
    if (text.empty() || mode > 07777)
        throw BadValue(fmt::format("`{}` is not an octal mode", text), "write it like 022 or 0660");
    return mode;
}

std::string mode_text(unsigned mode) {
    return fmt::format("{:04o}", mode);
}

std::string folded(std::string_view name) {
    std::string out;
    for (const char c : name)
        if (c != '_' && c != '-')
            out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return out;
}

bool same_word(std::string_view a, std::string_view b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
        return std::tolower(x) == std::tolower(y);
    });
}

unsigned distance(std::string_view a, std::string_view b) {
    constexpr std::size_t longest = 64;
    if (a.size() > longest || b.size() > longest) return longest;
    const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
    std::array<unsigned, longest + 1> before_last{}, last{}, row{};
    for (unsigned j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        before_last = last;
        last = row;
        row[0] = static_cast<unsigned>(i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const bool same = lower(a[i - 1]) == lower(b[j - 1]);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0U : 1U)});
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                lower(a[i - 2]) == lower(b[j - 1]))
                row[j] = std::min(row[j], before_last[j - 2] + 1);
        }
    }
    return row[b.size()];
}

std::string nearest(std::string_view word, std::span<const std::string_view> candidates) {
    std::string_view best;
    unsigned least = std::max<unsigned>(1, static_cast<unsigned>(word.size()) / 3) + 1;
    for (const std::string_view candidate : candidates) {
        // The lengths alone make a distance: most candidates need no more.
        if (std::max(word.size(), candidate.size()) - std::min(word.size(), candidate.size()) >=
            least)
            continue;
        if (const unsigned d = distance(word, candidate); d < least && d < candidate.size())
            least = d, best = candidate;
    }
    return std::string(best);
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates) {
    const std::string best = nearest(word, candidates);
    return best.empty() ? "" : fmt::format("did you mean `{}`?", best);
}

}  // namespace minetd
