// SPDX-License-Identifier: ISC
// From a request's target to a name below the served directory, and back. Pure: whether there is
// such a file is another's question.
#pragma once

#include <string>
#include <string_view>

namespace minetd::http {

/// A request-target (RFC 9112, 3.2), in its origin or absolute form.
struct TargetParts {
    std::string_view path;   ///< as sent, from its first slash on
    std::string_view query;  ///< with its question mark; empty when there is none
};

/// False for what is neither form: `*`, an authority, a fragment.
bool split_target(std::string_view target, TargetParts& parts) noexcept;

struct Target {
    std::string path;  ///< decoded, without a slash at either end; empty: the directory itself
    bool ends_in_slash = false;  ///< a directory is meant
};

/// Decodes a path. Returns 0, 400 for one that is malformed, or 404 for one that cannot name a file
/// to be served: with an encoded slash or NUL, a backslash, a control character, or a segment that
/// begins with a dot (`..`, `.git`; but `.well-known` at the top is served). Empty segments are
/// dropped.
int decode_path(std::string_view path, Target& target);

/// Decodes a value of a query: any bytes, a plus sign is a space. False when it is malformed.
bool decode_value(std::string_view value, std::string& decoded);

/// `path` as the path of a URL, from the slash on.
std::string encode_path(std::string_view path);

}  // namespace minetd::http
