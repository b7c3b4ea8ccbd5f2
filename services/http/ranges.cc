// SPDX-License-Identifier: ISC
#include "services/http/ranges.h"

#include <strings.h>

#include <algorithm>

namespace minetd::http {
namespace {

constexpr std::size_t ranges_max = 16;

/// Digits only. A number too great for any file is as good as the greatest.
std::optional<std::uint64_t> number(std::string_view text) noexcept {
    if (text.empty()) return std::nullopt;
    std::uint64_t value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value > (UINT64_MAX - 9) / 10 ? UINT64_MAX / 10
                                              : value * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return value;
}

std::string_view trimmed(std::string_view text) noexcept {
    const std::size_t first = text.find_first_not_of(" \t");
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// False when it is malformed; `range` stays empty when it is beyond the file.
bool read_range(std::string_view text, std::uint64_t size, std::optional<ByteRange>& range) {
    const std::size_t dash = text.find('-');
    if (dash == text.npos) return false;
    const std::string_view before = text.substr(0, dash), after = text.substr(dash + 1);
    if (before.empty()) {
        const auto suffix = number(after);
        // The last bytes of an empty file are all of it, which no Content-Range can say.
        if (!suffix || (*suffix > 0 && size == 0)) return false;
        if (*suffix > 0) range = ByteRange{size - std::min(*suffix, size), size - 1};
        return true;
    }
    const auto first = number(before);
    const auto last = after.empty() ? std::optional(UINT64_MAX) : number(after);
    if (!first || !last || *last < *first) return false;
    if (*first < size) range = ByteRange{*first, std::min(*last, size - 1)};
    return true;
}

}  // namespace

std::optional<std::vector<ByteRange>> parse_ranges(std::string_view field, std::uint64_t size) {
    constexpr std::string_view unit = "bytes=";
    if (field.size() < unit.size() || ::strncasecmp(field.data(), unit.data(), unit.size()) != 0)
        return std::nullopt;
    field.remove_prefix(unit.size());

    std::vector<ByteRange> ranges;
    std::size_t asked = 0;
    std::uint64_t total = 0;
    for (bool last = false; !last;) {
        const std::size_t comma = field.find(',');
        last = comma == field.npos;
        const std::string_view item = trimmed(field.substr(0, comma));
        if (!last) field.remove_prefix(comma + 1);
        if (item.empty()) continue;  // RFC 9110, 5.6.1: empty elements are to be ignored
        std::optional<ByteRange> range;
        if (++asked > ranges_max || !read_range(item, size, range)) return std::nullopt;
        if (!range) continue;
        total += range->length();
        ranges.push_back(*range);
    }
    if (asked == 0 || (ranges.size() > 1 && total >= size)) return std::nullopt;
    return ranges;
}

}  // namespace minetd::http
