// SPDX-License-Identifier: ISC
#include "daemon/os/event_loop.h"

#include <event2/event.h>

#include <cerrno>

#include "daemon/os/system_error.h"

namespace minetd {

EventLoop::EventLoop() : base_(event_base_new()) {
    if (base_ == nullptr) throw_errno("event loop");
}

EventLoop::~EventLoop() {
    event_base_free(base_);
}

void EventLoop::run() {
    event_base_dispatch(base_);
}

void EventLoop::stop() noexcept {
    event_base_loopbreak(base_);
}

FdEvent::FdEvent(EventLoop& loop, int fd, Callback callback, For what)
    : callback_(std::move(callback)),
      event_(event_new(
          loop.base(), fd, (what == For::input ? EV_READ : EV_WRITE) | EV_PERSIST,
          [](evutil_socket_t, short, void* self) { static_cast<FdEvent*>(self)->callback_(); },
          this)) {
    if (event_ == nullptr) throw_errno("event", ENOMEM);
}

FdEvent::~FdEvent() {
    event_free(event_);
}

void FdEvent::enable() noexcept {
    if (!enabled_ && event_add(event_, nullptr) == 0) enabled_ = true;
}

void FdEvent::disable() noexcept {
    if (enabled_) event_del(event_);
    enabled_ = false;
}

Timer::Timer(EventLoop& loop, Callback callback)
    : callback_(std::move(callback)),
      event_(evtimer_new(
          loop.base(),
          [](evutil_socket_t, short, void* self) { static_cast<Timer*>(self)->callback_(); },
          this)) {
    if (event_ == nullptr) throw_errno("timer", ENOMEM);
}

Timer::~Timer() {
    event_free(event_);
}

void Timer::schedule(Milliseconds delay) noexcept {
    const timeval time{.tv_sec = static_cast<time_t>(delay / 1000),
                       .tv_usec = static_cast<suseconds_t>(delay % 1000 * 1000)};
    evtimer_add(event_, &time);
}

void Timer::cancel() noexcept {
    evtimer_del(event_);
}

bool Timer::pending() const noexcept {
    return evtimer_pending(event_, nullptr) != 0;
}

}  // namespace minetd
