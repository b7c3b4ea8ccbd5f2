// SPDX-License-Identifier: ISC
// A process without privileges that tells others of our services, where the library that does it
// waits: for rpcbind(8), for a message bus. It is there while something is to be told. That its
// channel ends is its order to take all back and to end.
#pragma once

#include <optional>

#include "daemon/announcement.h"
#include "daemon/os/event_loop.h"
#include "mpm/child_process.h"
#include "mpm/dispatcher.h"
#include "mpm/restart.h"

namespace minetd {

class Announcer : private ChildOwner {
  public:
    /// Runs in the process, as the user nobody; returns its exit status.
    using Body = int (*)(Channel& parent);
    Announcer(Runtime& runtime, const char* name, Body body);
    Announcer(const Announcer&) = delete;
    Announcer& operator=(const Announcer&) = delete;

    /// Exactly this is to be told from now on.
    void announce(Announcements all);
    /// The one that is running(), for the image that comes after an upgrade in place: what it has
    /// registered must not end with its parent's image.
    HandedChild hand_over() const noexcept { return process_->hand_over(); }
    /// One of a former image goes on, and will be told anew what to announce.
    void take_over(HandedChild& handed);

    const char* name() const noexcept { return name_; }
    /// The process still lives: perhaps what was told is not taken back yet.
    bool running() const noexcept { return process_.has_value(); }
    void signal(int number) noexcept;

  private:
    void start() noexcept;
    void place(ForkedChild child);
    /// It runs and has not been told to end.
    bool serves() const noexcept { return process_ && process_->channel(); }
    void feed() noexcept;
    void listen() noexcept;
    void on_exit(const Exit& exit) noexcept override;

    Runtime& runtime_;
    const char* name_;
    Body body_;
    Announcements all_;
    std::optional<ChildProcess> process_;  ///< without its channel while it is to end
    AnnouncementFeed feed_;
    Restart restart_;
    Timer feed_again_, overdue_;
};

/// Bodies. rpc_announcer.cc: registers RPC programs with rpcbind(8), and again when it came back.
int announce_rpc_programs(Channel& parent);
/// mdns_announcer.cc: has avahi-daemon(8) announce services on the local network.
int announce_over_multicast_dns(Channel& parent);

}  // namespace minetd
