// SPDX-License-Identifier: ISC
#include "mpm/respawn.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <ctime>

#include "daemon/os/socket.h"

namespace minetd {

Milliseconds Respawn::ended(bool left) noexcept {
    if (!left) {
        futile_ = 0;
        return 0;
    }
    ++futile_;
    if (futile_ < tolerated) return 0;
    const unsigned doublings = std::min(futile_ - tolerated, 10U);
    return std::min(first_pause << doublings, longest_pause);
}

QueueHead look_at_queue(int fd, bool datagram) noexcept {
    QueueHead head;
    head.present = is_readable(fd);
    if (!head.present) return head;
    if (!datagram) {
        head.length = backlog_of(fd);
        return head;
    }
    // The option is on only while we look: the program sees its socket as it expects it.
    int on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    msghdr header{};
    alignas(cmsghdr) char control[256];
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    if (::recvmsg(fd, &header, MSG_PEEK | MSG_DONTWAIT) >= 0) {
        for (cmsghdr* item = CMSG_FIRSTHDR(&header); item != nullptr;
             item = CMSG_NXTHDR(&header, item)) {
            if (item->cmsg_level != SOL_SOCKET || item->cmsg_type != SCM_TIMESTAMPNS) continue;
            timespec stamp;
            std::memcpy(&stamp, CMSG_DATA(item), sizeof stamp);
            head.identified = true;
            head.stamp = stamp.tv_sec * std::int64_t{1'000'000'000} + stamp.tv_nsec;
        }
    }
    on = 0;
    ::setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    return head;
}

bool still_there(const QueueHead& before, const QueueHead& after, bool failed) noexcept {
    if (!before.present || !after.present) return false;
    if (before.identified && after.identified) return before.stamp == after.stamp;
    return failed || after.length > before.length ||
           (after.length == before.length && before.length > 0);
}

}  // namespace minetd
