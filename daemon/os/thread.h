// SPDX-License-Identifier: ISC
// A thread with a stack of a chosen size, which std::thread cannot give. No signal is ever
// delivered on it: they belong to the thread that takes them as events.
#pragma once

#include <pthread.h>

#include <cstddef>
#include <functional>

namespace minetd {

/// Joined before it is destroyed, or by that.
class Thread {
  public:
    Thread() = default;
    /// `stack_size` in bytes, rounded to what the system can give; 0: its default. Throws
    /// std::system_error when there can be no further thread.
    Thread(std::size_t stack_size, std::function<void()> body);
    ~Thread() { join(); }
    Thread(Thread&& other) noexcept;
    Thread& operator=(Thread&& other) noexcept;

    explicit operator bool() const noexcept { return running_; }
    void join() noexcept;
    /// Nobody waits for its end any more, which may also be the process's.
    void detach() noexcept;

  private:
    pthread_t thread_{};
    bool running_ = false;
};

/// Processors this process may use; at least 1.
unsigned processors() noexcept;

}  // namespace minetd
