// SPDX-License-Identifier: ISC
// A process of ours and the channel to it. What it says is heard from the loop, its end by its
// owner. It goes on through an upgrade of this process in place: the next image takes it over.
#pragma once

#include <optional>

#include "daemon/os/event_loop.h"
#include "daemon/os/process.h"
#include "mpm/children.h"
#include "mpm/handed_over.h"

namespace minetd {

struct Runtime;

class ChildProcess {
  public:
    /// `owner` hears of its end; `on_message` is called while there is something to receive, or
    /// nobody to receive from.
    ChildProcess(Runtime& runtime, ChildOwner& owner, ForkedChild child,
                 FdEvent::Callback on_message);
    /// Leaves it alone: it hears that its channel has ended, and its own end is nobody's.
    ~ChildProcess();
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    pid_t pid() const noexcept { return pid_; }
    Channel& channel() noexcept { return channel_; }
    const Channel& channel() const noexcept { return channel_; }
    /// It says nothing any more.
    void stop_listening() noexcept {
        if (event_) event_->disable();
    }
    /// Ends the channel, which it hears.
    void hang_up() noexcept;
    void signal(int number) const noexcept;

    /// The descriptor is borrowed; there is none after hang_up().
    HandedChild hand_over() const noexcept { return {pid_, {channel_.fd()}}; }

  private:
    Children& children_;
    pid_t pid_;
    Channel channel_;
    std::optional<FdEvent> event_;
};

}  // namespace minetd
