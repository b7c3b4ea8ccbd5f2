// SPDX-License-Identifier: ISC
// A memory file with a text that nobody can change any more: what one process leaves to another
// that is not there yet. memfd_create(2), F_ADD_SEALS of fcntl(2).
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

#include "daemon/os/unique_fd.h"

namespace minetd {

/// Throws std::system_error.
UniqueFd sealed_file(const char* name, std::string_view text);

/// It is no such file, one that neither root nor this process's user has made, or longer than it
/// may be.
struct SealedFileError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// The whole text, of `most` bytes at most. Throws SealedFileError.
std::string read_sealed_file(int fd, std::size_t most);

}  // namespace minetd
