// SPDX-License-Identifier: ISC
// The tables of hosts_access(5), hosts.allow and hosts.deny, as far as one must know beside the
// library which decides by them: whether they say anything, and in which other files.
#pragma once

#include <string>

namespace minetd::hosts_access {

inline constexpr const char* allow_table = "/etc/hosts.allow";
inline constexpr const char* deny_table = "/etc/hosts.deny";

/// There is more in it than blanks and comments, or it cannot be told.
bool has_rules(const std::string& table);

/// A file that exists and that this process may not read, among the table, the files of patterns
/// that its rules for `daemon` name, and those that these name; empty: there is none. The library
/// takes such a file for one without a match.
std::string unreadable_file(const std::string& table, const std::string& daemon);

}  // namespace minetd::hosts_access
