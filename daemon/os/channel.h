// SPDX-License-Identifier: ISC
// One end of a SEQPACKET pair: whole messages, perhaps with a descriptor, between a process and one
// child. Who speaks is known by the descriptor, never by what the message says. End of file means
// that the other side is gone.
#pragma once

#include <cstddef>
#include <utility>

#include "daemon/os/unique_fd.h"

namespace minetd {

class Channel {
  public:
    Channel() = default;
    explicit Channel(UniqueFd fd) noexcept : fd_(std::move(fd)) {}

    /// Two connected ends, non-blocking and close-on-exec; throws std::system_error.
    static std::pair<Channel, Channel> pair();

    int fd() const noexcept { return fd_.get(); }
    explicit operator bool() const noexcept { return static_cast<bool>(fd_); }
    void close() noexcept { fd_.reset(); }

    /// False when the message could not be sent at once: the queue is full or the other side gone.
    bool send(const void* message, std::size_t size, int attached = -1) noexcept;

    enum class Received { message, nothing, end };
    /// One message of at most `size` bytes; a longer one is an `end`: the peer is not one of ours.
    /// Nothing is attached where this process has no descriptor left for it.
    Received receive(void* message, std::size_t size, std::size_t& received,
                     UniqueFd& attached) noexcept;

  private:
    UniqueFd fd_;
};

}  // namespace minetd
