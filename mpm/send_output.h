// SPDX-License-Identifier: ISC
// From a connection's output to its socket, as far as that goes without waiting.
#pragma once

#include <cstdint>

#include "services/output_queue.h"

namespace minetd {

enum class Sent : std::uint8_t {
    all,     ///< nothing is owed any more
    some,    ///< the socket takes no more at present
    broken,  ///< the peer is gone, or a file lost bytes that were promised; errno says why
};

/// The socket may be blocking or not, and stays so. Files are sent by sendfile(2), which cannot be
/// told to spare us SIGPIPE: the process must ignore it.
Sent send_output(int socket, OutputQueue& output) noexcept;

}  // namespace minetd
