// SPDX-License-Identifier: ISC
// What others are to be told of a service's socket, on its way to the process that tells them.
// Whole sets go over, each in place of the one before. Plain data: it crosses processes.
#pragma once

#include <net/if.h>

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/os/channel.h"
#include "daemon/os/log_sink.h"
#include "daemon/os/socket_address.h"

namespace minetd {

struct Announcement {
    SocketAddress address;  ///< where it listens
    std::uint32_t datagram = 0;
    std::uint32_t program = 0, low = 0, high = 0;  ///< an RPC program and its versions; 0: none
    char service[64] = {};                         ///< its id
    char name[64] = {};                            ///< for multicast DNS: mdns_name
    char type[64] = {};                            ///< `_http._tcp`; empty: not for multicast DNS
    char interface[IF_NAMESIZE] = {};              ///< the only one that it listens on; empty: all

    bool operator==(const Announcement& other) const noexcept;
};
using Announcements = std::vector<Announcement>;

/// Sends a set, as much as fits at once.
class AnnouncementFeed {
  public:
    /// False: something is still to be sent, later.
    bool send(Channel& channel, const Announcements& all) noexcept;
    /// The next send() is of another set, and begins at its beginning.
    void restart() noexcept { next_ = 0; }

  private:
    std::size_t next_ = 0;
};

/// The other end: makes the set whole again.
class AnnouncementReader {
  public:
    enum class Heard { nothing, news, end };
    /// Takes what has arrived; `all` is replaced when a set is whole.
    Heard receive(Channel& channel, Announcements& all);

  private:
    Announcements coming_;
};

/// What the process says to its parent: a line for the log.
bool send_report(Channel& channel, Level level, const std::string& text) noexcept;
/// False when there is none (any more).
bool receive_report(Channel& channel, Level& level, std::string& text);

}  // namespace minetd
