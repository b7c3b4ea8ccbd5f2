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
constexpr std::size_t most_descriptors = 253;  // SCM_MAX_FD
constexpr std::size_t room_for_sender = CMSG_SPACE(sizeof(ucred));
constexpr std::size_t room_for_all = room_for_sender + CMSG_SPACE(sizeof(int) * most_descriptors);

/// Takes the descriptors of a message into our care, and finds its sender; false if nobody told.
bool read_control(msghdr& header, ucred& sender, std::vector<UniqueFd>& fds) noexcept {
    bool known = false;
    for (cmsghdr* item = CMSG_FIRSTHDR(&header); item != nullptr;
         item = CMSG_NXTHDR(&header, item)) {
        if (item->cmsg_level != SOL_SOCKET) continue;
        if (item->cmsg_type == SCM_CREDENTIALS && item->cmsg_len == CMSG_LEN(sizeof sender)) {
            std::memcpy(&sender, CMSG_DATA(item), sizeof sender);
            known = true;
        } else if (item->cmsg_type == SCM_RIGHTS) {
            const std::size_t count = (item->cmsg_len - CMSG_LEN(0)) / sizeof(int);
            for (std::size_t i = 0; i < count; ++i) {
                int fd = -1;
                std::memcpy(&fd, CMSG_DATA(item) + i * sizeof fd, sizeof fd);
                fds.emplace_back(fd);
            }
        }
    }
    return known;
}

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

std::optional<NotifySocket::Message> NotifySocket::receive(std::vector<UniqueFd>* with) noexcept {
    for (int budget = datagrams_a_turn; budget > 0; --budget) {
        iovec part{.iov_base = buffer_, .iov_len = sizeof buffer_};
        alignas(cmsghdr) char control[room_for_all] = {};
        msghdr header{};
        header.msg_iov = &part;
        header.msg_iovlen = 1;
        header.msg_control = control;
        // Without room for descriptors the kernel lets go of them.
        header.msg_controllen = with != nullptr ? room_for_all : room_for_sender;
        const ssize_t size = ::recvmsg(fd_.get(), &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
        if (size < 0) return std::nullopt;
        std::vector<UniqueFd> fds;
        ucred sender{};
        if (!read_control(header, sender, fds) || (header.msg_flags & MSG_TRUNC) != 0) continue;
        if (sender.pid <= 0) continue;  // of another pid namespace
        if (with != nullptr)
            for (UniqueFd& fd : fds) with->push_back(std::move(fd));
        return Message{{buffer_, static_cast<std::size_t>(size)}, sender.pid, sender.uid};
    }
    return std::nullopt;
}

}  // namespace minetd
