// SPDX-License-Identifier: ISC
// What sendmsg(2) takes for one piece of bytes with a descriptor beside it (SCM_RIGHTS, unix(7)).
// Made without a call: a forked child may send it by raw system calls.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <cstring>

namespace minetd {

/// Both are borrowed until it has been sent; `fd` -1: there is none.
class OutgoingMessage {
  public:
    OutgoingMessage(const void* bytes, std::size_t size, int fd) noexcept
        : part_{.iov_base = const_cast<void*>(bytes), .iov_len = size} {
        header_.msg_iov = &part_;
        header_.msg_iovlen = 1;
        if (fd < 0) return;
        header_.msg_control = control_;
        header_.msg_controllen = sizeof control_;
        cmsghdr* const rights = CMSG_FIRSTHDR(&header_);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(sizeof fd);
        std::memcpy(CMSG_DATA(rights), &fd, sizeof fd);
    }
    OutgoingMessage(const OutgoingMessage&) = delete;
    OutgoingMessage& operator=(const OutgoingMessage&) = delete;

    const msghdr* header() const noexcept { return &header_; }

  private:
    iovec part_;
    alignas(cmsghdr) char control_[CMSG_SPACE(sizeof(int))] = {};
    msghdr header_{};
};

}  // namespace minetd
