// SPDX-License-Identifier: ISC
#include "tests/integration/fd_store.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>

#include <csignal>
#include <cstring>

#include "tests/integration/client.h"

namespace minetd {

FdStore::FdStore() : fd_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    const SocketAddress address = address_of_path(path());
    REQUIRE(bind(fd_.get(), address.raw(), address.length) == 0);
}

void FdStore::fill() const {
    const SocketAddress address = address_of_path(path());
    bool fits = true;
    while (fits) {
        // Each of its own: a sender has little room for what is on its way, too.
        const UniqueFd sender(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        fits = sendto(sender.get(), "X=1", 3, 0, address.raw(), address.length) == 3;
    }
}

std::map<std::string, UniqueFd>& FdStore::kept() {
    for (;;) {
        char text[4096];
        alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
        iovec part{text, sizeof text};
        msghdr header{};
        header.msg_iov = &part;
        header.msg_iovlen = 1;
        header.msg_control = control;
        header.msg_controllen = sizeof control;
        const ssize_t size = recvmsg(fd_.get(), &header, MSG_CMSG_CLOEXEC);
        if (size < 0) return kept_;
        UniqueFd came;
        if (const cmsghdr* item = CMSG_FIRSTHDR(&header);
            item != nullptr && item->cmsg_type == SCM_RIGHTS) {
            int fd;
            std::memcpy(&fd, CMSG_DATA(item), sizeof fd);
            came.reset(fd);
        }
        const std::string message(text, static_cast<std::size_t>(size));
        const std::size_t at = message.find("FDNAME=");
        if (at == message.npos) continue;
        const std::string name = message.substr(at + 7, message.find('\n', at) - at - 7);
        CHECK(name.find(':') == name.npos);
        if (message.find("FDSTORE=1") != message.npos)
            kept_[name] = std::move(came);
        else if (message.find("FDSTOREREMOVE=1") != message.npos)
            kept_.erase(name);
    }
}

int FdStore::stop(DaemonUnderTest& daemon) {
    daemon.signal(SIGTERM);
    CHECK(comes_true([&] {
        kept();
        return !daemon.alive();
    }));
    return daemon.await_exit();
}

LaunchOptions FdStore::launch() {
    LaunchOptions options{.environment = {"NOTIFY_SOCKET=" + path()}};
    for (const auto& [name, fd] : kept()) options.passed.push_back({name, fd.get()});
    return options;
}

}  // namespace minetd
