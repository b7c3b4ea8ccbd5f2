// SPDX-License-Identifier: ISC
// The receiving end of sd_notify(3): a datagram socket with a name of the kernel's choice in the
// abstract name space, so that a program finds it from a chroot and nothing is left behind. Anybody
// on the machine can send to it; who did is told by the kernel. unix(7): SCM_CREDENTIALS, autobind.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

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
    std::optional<Message> receive() noexcept { return receive(nullptr); }
    /// The same, for a sender that may have us keep descriptors: they are added to `with`. Who sent
    /// them is for the caller to look at.
    std::optional<Message> receive_with(std::vector<UniqueFd>& with) noexcept {
        return receive(&with);
    }

  private:
    std::optional<Message> receive(std::vector<UniqueFd>* with) noexcept;

    UniqueFd fd_;
    std::string name_;
    char buffer_[4096];
};

}  // namespace minetd
