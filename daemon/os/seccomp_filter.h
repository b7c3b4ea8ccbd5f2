// SPDX-License-Identifier: ISC
// Filters of system calls, compiled by libseccomp to what the kernel takes (seccomp(2)).
// seccomp_filter.cc has it, seccomp_filter_none.cc is for systems without.
#pragma once

#include <linux/filter.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace minetd::seccomp {

using Program = std::vector<sock_filter>;

/// minetd was built with it.
bool available() noexcept;

/// A set (`@mount`), or a system call of this processor.
bool knows(std::string_view name);
std::vector<std::string_view> set_names();

/// A filter that lets pass what `words` name and `always`, and nothing else; or, where the first
/// word begins with `~`, everything but what they name. A later `~` takes away what was named
/// before. What does not pass gets EPERM, or ends its process with SIGSYS. A call of another
/// architecture does not pass. Throws std::runtime_error.
Program compile(std::span<const std::string> words, std::span<const std::string_view> always,
                bool kill);

}  // namespace minetd::seccomp
