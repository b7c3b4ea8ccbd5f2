// SPDX-License-Identifier: ISC
// Codecs of what concerns cgroups.
#pragma once

#include "daemon/config/codecs.h"

namespace minetd::codec {

/// A number with or without `%`, as in systemd's CPUQuota=.
std::int64_t percent_from(std::string_view text, std::int64_t min, std::int64_t max);
using Percent = Numeric<percent_from, "percent of one processor">;

/// `auto`, `no`, or a directory of a cgroup2 hierarchy.
struct CgroupPlace {
    static constexpr std::string_view type = "auto, no or an absolute path";
    static constexpr bool operators = false;
    static void apply(const Attribute& row, std::string& value, Operator op, Words words);
    static std::string format(const std::string& value) { return quote(value); }
};

}  // namespace minetd::codec
