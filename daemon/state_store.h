// SPDX-License-Identifier: ISC
// The saved state in the service manager's store (saved_state.h): written at a stop, at a reload,
// soon after somebody was denied, and now and then when it has changed, so that a crash loses
// little. Without a manager that listens nothing is done, and no timer runs.
#pragma once

#include <functional>
#include <string>

#include "daemon/os/event_loop.h"
#include "daemon/saved_state.h"

namespace minetd {

class StateStore {
  public:
    using Look = std::function<SavedState()>;

    /// `problem` hears what goes wrong, once.
    StateStore(EventLoop& loop, Look look, std::function<void(const std::string&)> problem);

    /// Begins to save.
    void begin();
    void save() noexcept;
    /// Something has changed that is worth more than waiting.
    void save_soon() noexcept;

  private:
    Look look_;
    std::function<void(const std::string&)> problem_;
    bool listens_, told_ = false;
    bool hurries_ = false;  ///< it is to be saved soon
    std::string saved_;  ///< as the manager has it
    Timer timer_;
};

}  // namespace minetd
