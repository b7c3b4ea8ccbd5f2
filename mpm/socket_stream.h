// SPDX-License-Identifier: ISC
// A connection's socket as a blocking handler gets it: every call waits by itself, as long as the
// connection's deadlines allow since the last byte that moved.
#pragma once

#include "mpm/deadlines.h"
#include "mpm/record.h"
#include "services/blocking_stream.h"

namespace minetd {

class SocketStream final : public BlockingStream {
  public:
    /// All outlive this object. The socket may be blocking or not.
    SocketStream(int fd, Connection& connection, const Deadlines& deadlines) noexcept
        : fd_(fd), connection_(connection), deadlines_(deadlines) {}

    ssize_t read(std::span<char> room) noexcept override;
    bool write(std::string_view bytes) noexcept override;
    Connection& connection() noexcept override { return connection_; }

    /// The peer is gone, or took nothing for too long: nothing more can be said to it. One that was
    /// only silent may still be told so.
    bool broken() const noexcept { return broken_; }
    Traffic traffic() const noexcept { return traffic_; }

  private:
    bool send_all(std::string_view bytes) noexcept;
    bool flush() noexcept;
    bool wait(short events) noexcept;
    bool fail(int error) noexcept;

    int fd_;
    Connection& connection_;
    const Deadlines& deadlines_;
    Traffic traffic_;
    bool broken_ = false;
};

}  // namespace minetd
