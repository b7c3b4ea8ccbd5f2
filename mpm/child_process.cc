// SPDX-License-Identifier: ISC
#include "mpm/child_process.h"

#include <csignal>

#include "mpm/dispatcher.h"

namespace minetd {

ChildProcess::ChildProcess(Runtime& runtime, ChildOwner& owner, ForkedChild child,
                           FdEvent::Callback on_message)
    : children_(runtime.children), pid_(child.pid), channel_(std::move(child.channel)) {
    if (channel_) {
        event_.emplace(runtime.loop, channel_.fd(), std::move(on_message));
        event_->enable();
    }
    children_.add(pid_, owner);
}

ChildProcess::~ChildProcess() {
    children_.forget(pid_);
}

void ChildProcess::hang_up() noexcept {
    stop_listening();
    channel_.close();
}

void ChildProcess::signal(int number) const noexcept {
    ::kill(pid_, number);
}

}  // namespace minetd
