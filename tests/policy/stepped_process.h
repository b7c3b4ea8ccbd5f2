// SPDX-License-Identifier: ISC
// A forked child that runs one instruction at a time, so that it can be looked at, left standing or
// killed between any two of them.
#pragma once

#include <sys/types.h>

#include <functional>

namespace minetd {

class SteppedProcess {
  public:
    /// The child prepares itself undisturbed and stands before the first instruction of `work`.
    /// Throws std::system_error.
    SteppedProcess(const std::function<void()>& prepare, const std::function<void()>& work);
    /// Kills and reaps it if that was not done.
    ~SteppedProcess();
    SteppedProcess(const SteppedProcess&) = delete;
    SteppedProcess& operator=(const SteppedProcess&) = delete;

    pid_t pid() const noexcept { return pid_; }
    /// Up to `count` instructions; false when `work` was over before that.
    bool step(unsigned long count);
    /// The rest of `work`, at full speed.
    void finish();
    /// SIGKILL; it stays a zombie until reap().
    void kill();
    void reap();

  private:
    bool go_on(int request);

    pid_t pid_;
    bool killed_ = false, reaped_ = false;
};

}  // namespace minetd
