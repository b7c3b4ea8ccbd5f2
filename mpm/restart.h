// SPDX-License-Identifier: ISC
// A process that should always be there: when the next one is started after one that failed
// (mpm/throttle.h), and what the log is told of that.
#pragma once

#include <string>

#include "daemon/os/event_loop.h"
#include "daemon/os/process.h"
#include "mpm/throttle.h"

namespace minetd {

struct Runtime;

class Restart {
  public:
    /// `start` is called from the loop when a pause is over.
    Restart(Runtime& runtime, Timer::Callback start);

    /// It could not be started, for this reason (an errno value): a pause begins.
    void start_failed(const std::string& who, int error) noexcept;
    /// It ended, and should not have. Unless a pause begins, the next one is to be started now.
    void ended(const std::string& who, const Exit& exit, bool had_served) noexcept;
    /// It serves.
    void served() noexcept { throttle_.started(); }

    bool pauses() const noexcept { return pause_.pending(); }
    /// None is wanted any more.
    void cancel() noexcept { pause_.cancel(); }
    /// What failed is not what would be started now.
    void forget() noexcept {
        pause_.cancel();
        throttle_ = {};
    }

  private:
    Runtime& runtime_;
    Throttle throttle_;
    Timer pause_;
};

}  // namespace minetd
