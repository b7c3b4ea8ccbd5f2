// SPDX-License-Identifier: ISC
// errno as an exception, and as text for a record.
#pragma once

#include <cerrno>
#include <string>
#include <system_error>

namespace minetd {

[[noreturn]] inline void throw_errno(const std::string& what, int error = errno) {
    throw std::system_error(error, std::generic_category(), what);
}

/// "No such file or directory"; safe in any thread.
inline std::string error_text(int error) {
    return std::generic_category().message(error);
}

}  // namespace minetd
