// SPDX-License-Identifier: ISC
// A client program that prints what it has measured.
#pragma once

#include <string>
#include <string_view>

namespace minetd::bench {

/// A word for the shell.
std::string quoted(std::string_view word);

/// The last line that the shell's `command` prints. Throws std::runtime_error when there is none,
/// or when the command ends with more than `worst_status`.
std::string last_line_of(const std::string& command, int worst_status);

}  // namespace minetd::bench
