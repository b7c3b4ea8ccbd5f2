// SPDX-License-Identifier: ISC
// A Range field (RFC 9110, 14.1.2) against a file's size. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace minetd::http {

struct ByteRange {
    std::uint64_t first = 0, last = 0;  ///< both included

    std::uint64_t length() const noexcept { return last - first + 1; }
    bool operator==(const ByteRange&) const = default;
};

/// The ranges in the order asked for, cut to the file; none left: 416. Nothing: the field is to be
/// ignored and the whole file sent, because it is malformed or not in bytes, or because it asks for
/// more than is sensible: more than 16 ranges, or as many bytes as the file has in several.
std::optional<std::vector<ByteRange>> parse_ranges(std::string_view field, std::uint64_t size);

}  // namespace minetd::http
