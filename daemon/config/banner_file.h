// SPDX-License-Identifier: ISC
// The text of a banner: a file of a bounded size, read when the configuration is.
#pragma once

#include <string>

namespace minetd {

/// In bytes: it has to fit into what the kernel takes of a new connection.
inline constexpr std::size_t longest_banner = 16 * 1024;

/// Throws std::length_error where the file is longer, std::runtime_error where it cannot be read,
/// both with what is wrong.
std::string read_banner(const std::string& path);

}  // namespace minetd
