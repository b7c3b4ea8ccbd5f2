// SPDX-License-Identifier: ISC
// What the parts of Poller know and nobody else: poller.cc steps connections, poller_doors.cc
// takes them.
#pragma once

#include <mutex>
#include <utility>

#include "mpm/poller.h"

namespace minetd {

struct Poller::Session : Parked {
    Session(UniqueFd socket, const SocketAddress& peer, const SocketAddress& local,
            ServingProcess& process, Milliseconds now)
        : stream(process.converse(std::move(socket), peer, local)), clock(now) {}

    std::unique_ptr<Conversation> stream;
    SessionClock clock;
    std::uint32_t watched = 0;  ///< epoll events; 0: not in the set
    Claim claim = 0;
    bool stepping = false;                 ///< a thread is at it: its time is not running
    bool expired = false;                  ///< it was interrupted; whoever hears of it tells it so
    std::uint64_t requests = 0, sent = 0;  ///< of those, so much is on the board
    std::int64_t began_us = 0;
};

/// The lock, where there is anybody to be kept out.
class Poller::Held {
  public:
    explicit Held(Poller& poller) noexcept : poller_(poller) {
        if (poller_.shared_) poller_.lock_.lock();
    }
    ~Held() {
        if (poller_.shared_) poller_.lock_.unlock();
    }
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;

  private:
    Poller& poller_;
};

}  // namespace minetd
