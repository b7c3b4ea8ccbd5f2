// SPDX-License-Identifier: ISC
#include "daemon/watchdog.h"

#include <algorithm>
#include <csignal>

namespace minetd {

bool hangs(const Silence& silence) noexcept {
    return silence.heard_ago >= silence.period && silence.late < silence.period / 2;
}

Watchdog::Watchdog(EventLoop& loop, Milliseconds period, Milliseconds grace, Listen listen, End end)
    : period_(period),
      grace_(grace),
      listen_(std::move(listen)),
      end_(std::move(end)),
      timer_(loop, [this] { look(); }) {}

void Watchdog::await_start(Milliseconds patience) noexcept {
    watch(std::max(patience, period_));
}

void Watchdog::start() noexcept {
    watch(period_);
}

void Watchdog::watch(Milliseconds limit) noexcept {
    if (period_ <= 0) return;
    state_ = State::watching;
    limit_ = limit;
    heard_ = monotonic_ms();
    look_again_in(limit_);
}

void Watchdog::heard() noexcept {
    heard_ = monotonic_ms();
}

void Watchdog::stop() noexcept {
    state_ = State::off;
    timer_.cancel();
}

void Watchdog::look_again_in(Milliseconds delay) noexcept {
    due_ = monotonic_ms() + delay;
    timer_.schedule(delay);
}

void Watchdog::look() noexcept {
    if (state_ == State::ending) return end_(SIGKILL);
    listen_();
    if (state_ != State::watching) return;
    const Milliseconds now = monotonic_ms();
    const Silence silence{.heard_ago = now - heard_, .period = limit_, .late = now - due_};
    if (silence.heard_ago < limit_) return look_again_in(limit_ - silence.heard_ago);
    if (!hangs(silence)) return look_again_in(limit_);
    state_ = State::ending;
    timer_.schedule(grace_);
    end_(SIGABRT);
}

}  // namespace minetd
