// SPDX-License-Identifier: ISC
// A process without privileges that tells others of our services, where the library that does it
// waits: for rpcbind(8), for a message bus. It is there while something is to be told. That its
// channel ends is its order to take all back and to end.
#pragma once

#include <memory>
#include <string>

#include "daemon/announcement.h"
#include "daemon/os/event_loop.h"
#include "mpm/children.h"
#include "mpm/dispatcher.h"
#include "mpm/throttle.h"

namespace minetd {

class Announcer : private ChildOwner {
  public:
    /// Runs in the process, as the user nobody; returns its exit status.
    using Body = int (*)(Channel& parent);
    Announcer(Runtime& runtime, const char* name, Body body);
    ~Announcer() override;
    Announcer(const Announcer&) = delete;
    Announcer& operator=(const Announcer&) = delete;

    /// Exactly this is to be told from now on.
    void announce(Announcements all);
    /// For the image that comes after an upgrade in place: the process, whose registrations must
    /// not end with its parent's image. The descriptor is borrowed.
    struct Handed {
        pid_t pid = 0;  ///< 0: there is none
        HandedFd channel;
    };
    Handed hand_over() const noexcept { return {pid_, {channel_.fd()}}; }
    /// One of a former image goes on, and will be told anew what to announce.
    void take_over(Handed& handed);

    const char* name() const noexcept { return name_; }
    /// The process still lives: perhaps what was told is not taken back yet.
    bool running() const noexcept { return pid_ != 0; }
    void signal(int number) noexcept;

  private:
    void start() noexcept;
    void feed() noexcept;
    void listen() noexcept;
    void on_exit(const Exit& exit) noexcept override;

    Runtime& runtime_;
    const char* name_;
    Body body_;
    Announcements all_;
    pid_t pid_ = 0;
    Channel channel_;  ///< closed while the process is to end
    std::unique_ptr<FdEvent> event_;
    AnnouncementFeed feed_;
    Throttle throttle_;
    Timer retry_, feed_again_, overdue_;
};

/// Bodies. rpc_announcer.cc: registers RPC programs with rpcbind(8), and again when it came back.
int announce_rpc_programs(Channel& parent);
/// mdns_announcer.cc: has avahi-daemon(8) announce services on the local network.
int announce_over_multicast_dns(Channel& parent);

}  // namespace minetd
