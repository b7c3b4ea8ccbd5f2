// SPDX-License-Identifier: ISC
// Watches over a daemon that says now and then that its main loop goes round (WATCHDOG=1 of
// sd_notify(3)). One that is silent is sent SIGABRT, and SIGKILL when that does not end it: as
// WatchdogSec= of systemd.service(5).
#pragma once

#include <cstdint>
#include <functional>

#include "daemon/os/clock.h"
#include "daemon/os/event_loop.h"

namespace minetd {

/// What was heard of a daemon when its time was up.
struct Silence {
    Milliseconds heard_ago = 0;  ///< the last sign of life
    Milliseconds period = 0;     ///< how long it may be silent
    Milliseconds late = 0;       ///< how long after the time we looked
};
/// It hangs. Not where this process did not run either (stopped, or the machine asleep): then the
/// daemon gets another period.
bool hangs(const Silence& silence) noexcept;

class Watchdog {
  public:
    /// Hears whatever has been said by now, and tells heard() of it.
    using Listen = std::function<void()>;
    /// SIGABRT for the first time, then SIGKILL.
    using End = std::function<void(int signal)>;
    /// `period` 0: nobody is watched. `grace` is how long SIGABRT may take.
    Watchdog(EventLoop& loop, Milliseconds period, Milliseconds grace, Listen listen, End end);

    Milliseconds period() const noexcept { return period_; }
    /// A daemon is started, which may take that long, or the period where that is longer.
    void await_start(Milliseconds patience) noexcept;
    /// It begins to serve.
    void start() noexcept;
    void heard() noexcept;
    /// It has ended.
    void stop() noexcept;

  private:
    void watch(Milliseconds limit) noexcept;
    void look() noexcept;
    void look_again_in(Milliseconds delay) noexcept;

    const Milliseconds period_, grace_;
    Listen listen_;
    End end_;
    Timer timer_;
    Milliseconds limit_ = 0;            ///< how long it may be silent now
    Milliseconds heard_ = 0, due_ = 0;  ///< monotonic
    enum class State { off, watching, ending } state_ = State::off;
};

}  // namespace minetd
