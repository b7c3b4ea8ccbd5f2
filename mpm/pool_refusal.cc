// SPDX-License-Identifier: ISC
#include "mpm/pool_refusal.h"

#include <sys/socket.h>

#include "mpm/reception.h"

namespace minetd {
namespace {

constexpr int batch = 32;

}  // namespace

PoolRefusal::PoolRefusal(const ServiceSpec& spec, const std::vector<ListeningSocket>& sockets,
                         const Admission* admission, EventLoop& loop, const Scoreboard& board,
                         Reporter& reporter)
    : admission_(admission), board_(board), reporter_(reporter) {
    if (spec.limits.overflow != Overflow::refuse || spec.is_datagram() || spec.is_resident())
        return;
    for (const ListeningSocket& socket : sockets)
        watches_.push_back(
            std::make_unique<FdEvent>(loop, socket.fd, [this, &socket] { refuse_from(socket); }));
}

void PoolRefusal::set_refusing(bool refusing) noexcept {
    for (const auto& watch : watches_) refusing ? watch->enable() : watch->disable();
}

void PoolRefusal::refuse_from(const ListeningSocket& socket) noexcept {
    for (int i = 0; i < batch; ++i) {
        // A server has become free meanwhile: the next connection is its.
        if (board_.idle_count() > 0) return set_refusing(false);
        SocketAddress peer;
        peer.length = SocketAddress::capacity;
        const UniqueFd connection(
            ::accept4(socket.fd, peer.raw(), &peer.length, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (!connection) return;
        reporter_.refused("all servers are busy", peer);
        turn_away(admission_, connection.get(), peer);
    }
}

}  // namespace minetd
