// SPDX-License-Identifier: ISC
// Names for sets of system calls: systemd's (systemd.exec(5), SystemCallFilter), and those of what
// minetd serves itself.
#pragma once

#include <string_view>
#include <vector>

namespace minetd {

/// Names of calls and other sets with a blank between, `~` before what is not in it after all;
/// empty when there is no such set.
std::string_view system_call_set(std::string_view name) noexcept;
std::vector<std::string_view> system_call_set_names();

}  // namespace minetd
