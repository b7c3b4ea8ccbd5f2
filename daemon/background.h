// SPDX-License-Identifier: ISC
// Going into the background the way a starter expects: the first process ends when the daemon is
// ready, or with the daemon's own status when it is not to be.
#pragma once

#include "daemon/os/unique_fd.h"

namespace minetd {

/// Puts /dev/null in the place of the standard descriptors.
void leave_terminal() noexcept;

class Background {
  public:
    /// Returns in the daemon; the first process waits in here and ends. Throws std::system_error.
    Background();
    /// The daemon is ready: the first process ends with 0, and the terminal is left alone.
    void ready() noexcept;

  private:
    UniqueFd report_;
};

}  // namespace minetd
