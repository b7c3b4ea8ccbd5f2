// SPDX-License-Identifier: ISC
// Pipes through which splice(2) moves bytes from socket to socket. One is held only while there are
// bytes in it, so that a process needs few of them for many connections.
#pragma once

#include <mutex>
#include <vector>

#include "daemon/os/unique_fd.h"

namespace minetd {

struct Pipe {
    UniqueFd out, in;  ///< the end that is read, and the one that is written
    explicit operator bool() const noexcept { return static_cast<bool>(out); }
};

/// For any thread.
class PipePool {
  public:
    /// An empty pipe, or none: there are no descriptors left.
    Pipe take() noexcept;
    /// An empty pipe that somebody else may take.
    void give_back(Pipe pipe) noexcept;

  private:
    std::mutex lock_;
    std::vector<Pipe> free_;
};

}  // namespace minetd
