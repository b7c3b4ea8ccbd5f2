// SPDX-License-Identifier: ISC
// Connections that a service hands to another of the same daemon (tcpmux): asked of the parent, and
// answered to whoever asked, on whichever thread it waits.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string_view>
#include <unordered_map>

#include "mpm/control.h"

namespace minetd {

class PassDesk {
  public:
    /// Called once, on the thread that reads the control channel.
    using Answer = std::function<void(bool passed)>;

    /// False when it could not be asked; `answer` is dropped then.
    bool ask(Channel& control, std::string_view service, int connection, Answer answer);
    void answer(const ControlMessage& message);
    /// Nobody is left to answer: all that was asked is declined.
    void close();

  private:
    std::mutex lock_;
    bool closed_ = false;
    std::uint32_t last_ = 0;
    std::unordered_map<std::uint32_t, Answer> waiting_;
};

}  // namespace minetd
