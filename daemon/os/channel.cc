// SPDX-License-Identifier: ISC
#include "daemon/os/channel.h"

#include <sys/socket.h>

#include <cstring>

#include "daemon/os/outgoing_message.h"
#include "daemon/os/system_error.h"

namespace minetd {

std::pair<Channel, Channel> Channel::pair() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0)
        throw_errno("socketpair");
    return {Channel(UniqueFd(ends[0])), Channel(UniqueFd(ends[1]))};
}

bool Channel::send(const void* message, std::size_t size, int attached) noexcept {
    const OutgoingMessage outgoing(message, size, attached);
    return ::sendmsg(fd_.get(), outgoing.header(), MSG_NOSIGNAL | MSG_DONTWAIT) ==
           static_cast<ssize_t>(size);
}

Channel::Received Channel::receive(void* message, std::size_t size, std::size_t& received,
                                   UniqueFd& attached) noexcept {
    iovec part{.iov_base = message, .iov_len = size};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    header.msg_control = control;
    // Not all of it: in the padding the kernel would find room for a second descriptor.
    header.msg_controllen = CMSG_LEN(sizeof(int));
    ssize_t got;
    do {
        got = ::recvmsg(fd_.get(), &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    } while (got < 0 && errno == EINTR);
    if (got < 0) return errno == EAGAIN ? Received::nothing : Received::end;
    for (cmsghdr* item = CMSG_FIRSTHDR(&header); item != nullptr;
         item = CMSG_NXTHDR(&header, item)) {
        if (item->cmsg_level != SOL_SOCKET || item->cmsg_type != SCM_RIGHTS) continue;
        int fd;
        std::memcpy(&fd, CMSG_DATA(item), sizeof fd);
        attached.reset(fd);
    }
    received = static_cast<std::size_t>(got);
    // What there was no descriptor left for (MSG_CTRUNC) is a message without one.
    if (got == 0 || (header.msg_flags & MSG_TRUNC) != 0) return Received::end;
    return Received::message;
}

}  // namespace minetd
