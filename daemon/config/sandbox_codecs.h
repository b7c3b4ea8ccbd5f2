// SPDX-License-Identifier: ISC
// Codecs of the sandbox attributes.
#pragma once

#include "daemon/config/codecs.h"
#include "daemon/config/sandbox_spec.h"

namespace minetd::codec {

template <>
std::span<const Name<SeccompAction>> names() noexcept;

/// Absolute paths: a List.
struct Paths {
    static constexpr std::string_view type = "absolute paths";
    static constexpr bool operators = true;
    static void apply(const Attribute& row, std::vector<std::string>& value, Operator op,
                      Words words);
    static std::string format(const std::vector<std::string>& value) { return quote(value); }
};

/// Names of capabilities(7), with or without `CAP_`; `none`, `all`, or `inherit`. What nobody said
/// is `all` to -=.
struct Capabilities {
    using Value = std::optional<std::vector<std::string>>;
    static constexpr std::string_view type = "names of capabilities, none, all or inherit";
    static constexpr bool operators = true;
    static void apply(const Attribute& row, Value& value, Operator op, Words words);
    static std::string format(const Value& value);
};

/// Names of system calls and sets of them: all without `~` at the first one is what is allowed, and
/// `~` takes away from it; with `~` at the first one it is what is forbidden, and all have it.
struct SystemCalls {
    using Value = std::optional<std::vector<std::string>>;
    static constexpr std::string_view type =
        "names of system calls and @sets, ~ before what is forbidden; off, or default";
    static constexpr bool operators = true;
    static void apply(const Attribute& row, Value& value, Operator op, Words words);
    static std::string format(const Value& value);
};

}  // namespace minetd::codec
