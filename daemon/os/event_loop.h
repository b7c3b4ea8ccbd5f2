// SPDX-License-Identifier: ISC
// libevent, wrapped once. Events are value members of whoever waits for them: constructing one
// does not arm it, destroying one disarms it. Callbacks run on the thread that calls run().
#pragma once

#include <functional>

#include "daemon/os/clock.h"

struct event;
struct event_base;

namespace minetd {

class EventLoop {
  public:
    EventLoop();  ///< throws std::system_error
    ~EventLoop();
    EventLoop(const EventLoop&) = delete;
    EventLoop& operator=(const EventLoop&) = delete;

    /// Runs until stop(), or until nothing is armed any more.
    void run();
    /// Leaves run() after the callback that calls it.
    void stop() noexcept;

    event_base* base() noexcept { return base_; }

  private:
    event_base* base_;
};

/// Watches a borrowed descriptor, level-triggered.
class FdEvent {
  public:
    using Callback = std::function<void()>;
    enum class For { input, output };
    FdEvent(EventLoop& loop, int fd, Callback callback, For what = For::input);
    ~FdEvent();
    FdEvent(const FdEvent&) = delete;
    FdEvent& operator=(const FdEvent&) = delete;

    void enable() noexcept;
    void disable() noexcept;
    bool enabled() const noexcept { return enabled_; }

  private:
    Callback callback_;
    event* event_;
    bool enabled_ = false;
};

/// Fires once, a while after schedule().
class Timer {
  public:
    using Callback = std::function<void()>;
    Timer(EventLoop& loop, Callback callback);
    ~Timer();
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    /// (Re)starts the timer.
    void schedule(Milliseconds delay) noexcept;
    void cancel() noexcept;
    bool pending() const noexcept;

  private:
    Callback callback_;
    event* event_;
};

}  // namespace minetd
