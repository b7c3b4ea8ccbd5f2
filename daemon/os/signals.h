// SPDX-License-Identifier: ISC
// Signals as input. All of them stay blocked for the life of a process and are read from a
// descriptor: no handler exists, so a program started with CLONE_VM has none to inherit.
#pragma once

#include <csignal>
#include <functional>

#include "daemon/os/event_loop.h"
#include "daemon/os/unique_fd.h"

namespace minetd {

/// Resets every disposition (a parent may have left some ignored, and exec keeps those) and
/// blocks every signal that can be blocked.
void take_over_signals() noexcept;
/// Blocks none any more: for a child that has no loop to read them.
void unblock_signals() noexcept;

/// Delivers signals to a callback through the loop, all but SIGCHLD (see ChildSignal). `value` is
/// that of a sigqueue(3) by this user or root, else 0.
/// take_over_signals() comes first.
class SignalEvents {
  public:
    using Callback = std::function<void(int signal, pid_t sender, int value)>;
    SignalEvents(EventLoop& loop, Callback callback);  ///< throws std::system_error

  private:
    void on_readable();

    Callback callback_;
    UniqueFd fd_;
    FdEvent event_;
};

/// SIGCHLD, in batches: where children end all the time, a wake-up for each would cost more than
/// the reaping. After a busy moment it rests for a millisecond, if it may.
class ChildSignal {
  public:
    using Callback = std::function<void()>;
    /// Throws std::system_error.
    ChildSignal(EventLoop& loop, Callback callback, bool may_rest = true);

  private:
    void on_readable();

    Callback callback_;
    UniqueFd fd_;
    FdEvent event_;
    Timer rest_;
    std::int64_t last_us_ = 0;
    bool may_rest_;
};

}  // namespace minetd
