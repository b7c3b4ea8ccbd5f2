// SPDX-License-Identifier: ISC
#include "daemon/os/notify_socket.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>

#include "daemon/os/system_error.h"

namespace minetd {
namespace {

constexpr int datagrams_a_turn = 64;

}  // namespace

NotifySocket::NotifySocket()
    : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    if (!fd_) throw_errno("notify socket");
    const int on = 1;
    if (::setsockopt(fd_.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) < 0)
        throw_errno("SO_PASSCRED");
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    auto* const raw = reinterpret_cast<sockaddr*>(&address);
    if (::bind(fd_.get(), raw, sizeof(sa_family_t)) < 0) throw_errno("bind of the notify socket");
    socklen_t length = sizeof address;
    if (::getsockname(fd_.get(), raw, &length) < 0) throw_errno("getsockname");
    name_.assign(address.sun_path, length - offsetof(sockaddr_un, sun_path));
    if (name_.size() < 2) throw_errno("notify socket", EADDRNOTAVAIL);
    name_[0] = '@';
}

std::optional<NotifySocket::Message> NotifySocket::receive() noexcept {
    for (int budget = datagrams_a_turn; budget > 0; --budget) {
        iovec part{.iov_base = buffer_, .iov_len = sizeof buffer_};
        // No room for descriptors: the kernel lets go of them.
        alignas(cmsghdr) char control[CMSG_SPACE(sizeof(ucred))] = {};
        msghdr header{};
        header.msg_iov = &part;
        header.msg_iovlen = 1;
        header.msg_control = control;
        header.msg_controllen = sizeof control;
        const ssize_t size = ::recvmsg(fd_.get(), &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
        if (size < 0) return std::nullopt;
        const cmsghdr* item = CMSG_FIRSTHDR(&header);
        if ((header.msg_flags & MSG_TRUNC) != 0 || item == nullptr ||
            item->cmsg_level != SOL_SOCKET || item->cmsg_type != SCM_CREDENTIALS ||
            item->cmsg_len != CMSG_LEN(sizeof(ucred)))
            continue;
        ucred sender;
        std::memcpy(&sender, CMSG_DATA(item), sizeof sender);
        if (sender.pid <= 0) continue;  // of another pid namespace
        return Message{{buffer_, static_cast<std::size_t>(size)}, sender.pid, sender.uid};
    }
    return std::nullopt;
}

}  // namespace minetd
