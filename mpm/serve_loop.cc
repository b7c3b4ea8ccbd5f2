// SPDX-License-Identifier: ISC
#include "mpm/serve_loop.h"

#include <sys/epoll.h>

#include "daemon/os/socket.h"
#include "daemon/os/system_error.h"
#include "services/registry.h"

namespace minetd {

ServeLoop::ServeLoop(ServerSeat seat)
    : seat_(std::move(seat)),
      spec_(*seat_.spec),
      reporter_(seat_.control, spec_),
      handler_(find_builtin(spec_.builtin)->make(seat_.context)),
      datagrams_(spec_, seat_.context, seat_.ledger, *handler_, reporter_),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (!epoll_) throw_errno("epoll");
    watch(seat_.control.fd(), EPOLLIN, &seat_.control, EPOLL_CTL_ADD);
    for (const ListeningSocket& socket : seat_.sockets) set_nonblocking(socket.fd, true);
}

ServeLoop::~ServeLoop() = default;

void ServeLoop::watch(int fd, std::uint32_t events, void* tag, int operation) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = tag;
    if (::epoll_ctl(epoll_.get(), operation, fd, &event) < 0) throw_errno("epoll_ctl");
}

const Guard* ServeLoop::admit(int connection, const SocketAddress& peer, Milliseconds now,
                              Claim& claim) {
    if (seat_.ledger == nullptr) return nullptr;
    const Source source = source_of_connection(connection, peer);
    return seat_.ledger->admit(spec_.limits, source, now, ::getpid(), claim);
}

void ServeLoop::release(Claim claim) noexcept {
    if (seat_.ledger != nullptr) seat_.ledger->release(claim, ::getpid());
}

}  // namespace minetd
