// SPDX-License-Identifier: ISC
// One direction of a forwarded connection: what comes from one socket goes to the other, through a
// pipe and never through our memory where the kernel can do that (splice(2)), and so does its end.
// Nothing is read as long as something waits to be sent: a slow receiver is felt by the sender.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string_view>

#include "mpm/pipe_pool.h"
#include "services/byte_queue.h"

namespace minetd {

class Flow {
  public:
    /// `pipes` is borrowed.
    explicit Flow(PipePool& pipes) noexcept : pipes_(pipes) {}

    /// Goes before all that comes, and is not counted.
    void prepend(std::string_view bytes);

    /// Moves what there is, as far as that goes without waiting, and not without end. Both sockets
    /// are non-blocking, and SIGPIPE is ignored. `look_twice`: the sender is said to be readable,
    /// and splice finds nothing: it does not see what is behind TCP's urgent data. False: one side
    /// is broken, errno says why.
    bool move(int from, int to, bool look_twice = false) noexcept;

    /// What the flow waits for.
    bool reads() const noexcept { return !ended_ && !holds(); }
    bool writes() const noexcept { return holds(); }
    /// The sender's end has been passed on.
    bool over() const noexcept { return over_; }

    /// Bytes that were taken from the sender, and that the receiver's socket took.
    std::uint64_t taken() const noexcept { return taken_; }
    std::uint64_t given() const noexcept { return given_; }
    /// Changes with whatever move() achieves.
    std::uint64_t activity() const noexcept { return taken_ + given_ + steps_; }

  private:
    bool holds() const noexcept { return piped_ > 0 || !bytes_.empty(); }
    bool move_some(int from, int to, bool look_twice) noexcept;
    bool drain(int to) noexcept;
    bool send_bytes(int to) noexcept;
    bool unpipe() noexcept;
    ssize_t fill(int from, bool look_twice) noexcept;
    ssize_t splice_from(int from) noexcept;
    ssize_t copy_from(int from) noexcept;

    PipePool& pipes_;
    Pipe pipe_;
    std::size_t piped_ = 0;
    ByteQueue bytes_;            ///< go before what is in the pipe
    std::size_t uncounted_ = 0;  ///< of bytes_
    std::uint64_t taken_ = 0, given_ = 0, steps_ = 0;
    bool copies_ = false;  ///< splice is refused for these sockets
    bool ended_ = false, over_ = false;
};

}  // namespace minetd
