// SPDX-License-Identifier: ISC
// A `wait` program that ends without having taken what woke it would be started again at once, and
// for ever. This says when such starts are futile, and how long to pause.
#pragma once

#include <cstdint>

#include "daemon/os/clock.h"

namespace minetd {

class Respawn {
  public:
    static constexpr unsigned tolerated = 3;  ///< futile starts in a row before the first pause
    static constexpr Milliseconds first_pause = 1000, longest_pause = 60'000;

    /// A program has ended. `left` tells that what woke it still waits in the socket. Returns how
    /// long to leave the socket alone; 0: not at all.
    Milliseconds ended(bool left) noexcept;
    unsigned futile() const noexcept { return futile_; }
    /// The pause that begins is the first of its row: worth a record.
    bool newly_paused() const noexcept { return futile_ == tolerated; }

  private:
    unsigned futile_ = 0;
};

/// What is at the head of a socket's queue, so that it can be told whether it is still there.
struct QueueHead {
    bool present = false;
    bool identified = false;  ///< `stamp` is exact (datagrams)
    std::int64_t stamp = 0;   ///< when the kernel got it, in nanoseconds
    unsigned length = 0;      ///< connections in the queue (where the kernel tells)
};

/// Looks without taking and without reading a byte of what is there. For datagrams the kernel's
/// time stamp on the packet is its identity (it stays on the packet until it is received).
QueueHead look_at_queue(int fd, bool datagram) noexcept;

/// Is what was there before still there? `failed` tells that the program ended badly, which
/// decides where only the number of waiting connections is known.
bool still_there(const QueueHead& before, const QueueHead& after, bool failed) noexcept;

}  // namespace minetd
