// SPDX-License-Identifier: ISC
// What the service manager hears of the daemon (sd_notify(3)): when it serves, reloads and stops,
// one sentence on how it is, that its main loop goes round, and that it needs more time. Without a
// manager that listens nothing is done, and no timer runs.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "daemon/os/event_loop.h"

namespace minetd {

/// What the sentence is made of.
struct Situation {
    std::size_t services = 0;
    std::uint64_t sessions = 0;
    std::size_t full_pools = 0;  ///< as many workers are busy as there may be
    std::size_t missing = 0;     ///< addresses that are still to be bound
    std::size_t left_out = 0;    ///< services that are broken
};
/// "12 services, 34 sessions, 2 pools at their limit".
std::string status_text(const Situation& situation);

class Notifications {
  public:
    using Look = std::function<Situation()>;
    /// Takes the watchdog's interval out of the environment: it is this process's alone.
    Notifications(EventLoop& loop, Look look);

    /// Why a manager that listens hears nothing of us; empty: it does, or there is none.
    static std::string problem();

    /// Called between the steps of a start: one that takes long gets the time for it.
    void starting() noexcept;
    void ready();
    void reloading();
    void reloaded(bool whole);
    /// An upgrade in place came to an end: this process goes on as another image, or as it was.
    void upgraded();
    void upgrade_refused();
    /// From now on time is asked for again and again, until the end.
    void stopping(const std::string& why);

  private:
    void beat();
    void look();
    void send_status(const std::string& before, const std::string& text);

    Look look_;
    bool listens_;
    bool stopping_ = false;
    std::int64_t asked_us_ = 0;  ///< when time was asked for
    Milliseconds watchdog_;      ///< half of what the manager waits; 0: it does not watch
    std::string note_, said_;
    Timer pulse_, status_;
};

/// Where the pid file is, for a supervisor that outlives us.
void notify_pid_file(const std::string& path) noexcept;

/// The start failed: the reason, for `systemctl status`.
void notify_failure(int error, const std::string& reason) noexcept;

}  // namespace minetd
