// SPDX-License-Identifier: ISC
// A connection as a blocking handler sees it: calls that return when the bytes have moved. They
// keep to the connection's deadline, so that no peer holds a thread longer than a step handler's
// would be waited for.
#pragma once

#include <sys/types.h>

#include <span>
#include <string_view>

#include "services/connection.h"

namespace minetd {

class BlockingStream {
  public:
    /// Sends what is owed, then waits for bytes and copies them. Returns how many there are; 0: the
    /// peer has sent its last byte (as for an empty `room`); -1: there will be none, errno says why
    /// (ETIMEDOUT: the peer was silent longer than Connection::idle_timeout()).
    virtual ssize_t read(std::span<char> room) noexcept = 0;
    /// Sends what is owed, then these bytes, all of them. False: the peer is gone, or took nothing
    /// for too long; errno says why.
    virtual bool write(std::string_view bytes) noexcept = 0;
    /// For its ends, its state and its deadline. What is queued with send() goes with the next read
    /// or write, or at the end; input() stays empty.
    virtual Connection& connection() noexcept = 0;

  protected:
    ~BlockingStream() = default;
};

}  // namespace minetd
