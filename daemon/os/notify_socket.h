// SPDX-License-Identifier: ISC
// The receiving end of sd_notify(3): a datagram socket with a name of the kernel's choice in the
// abstract name space, so that a program finds it from a chroot and nothing is left behind. Anybody
// on the machine can send to it; who did is told by the kernel. unix(7): SCM_CREDENTIALS, autobind.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "daemon/os/unique_fd.h"

namespace minetd {

class NotifySocket {
  public:
    NotifySocket();  ///< throws std::system_error

    int fd() const noexcept { return fd_.get(); }
    /// For NOTIFY_SOCKET.
    const std::string& name() const noexcept { return name_; }

    struct Message {
        std::string_view text;  ///< until the next receive()
        pid_t pid = 0;
        uid_t uid = 0;
    };
    /// The next message that is whole and of a known sender. Descriptors that came with it are
    /// closed, which is the answer to a BARRIER=1.
    std::optional<Message> receive() noexcept;

  private:
    UniqueFd fd_;
    std::string name_;
    char buffer_[4096];
};

}  // namespace minetd
