// SPDX-License-Identifier: ISC
#include "mpm/datagram_server.h"

#include <sys/random.h>
#include <sys/socket.h>

#include <cstring>

#include "mpm/reception.h"
#include "services/reflection.h"

namespace minetd {
namespace {

constexpr std::size_t largest_datagram = 65536;

std::uint64_t random_seed() {
    std::uint64_t seed = 0;
    if (::getrandom(&seed, sizeof seed, 0) != sizeof seed)
        seed = static_cast<std::uint64_t>(monotonic_us());
    return seed;
}

/// Turns the address a datagram was sent to into the one its answer comes from: clients that
/// connect their socket accept no other.
void keep_reply_address(msghdr& header) noexcept {
    cmsghdr* kept = nullptr;
    for (cmsghdr* item = CMSG_FIRSTHDR(&header); item != nullptr;
         item = CMSG_NXTHDR(&header, item)) {
        if (item->cmsg_level == SOL_IP && item->cmsg_type == IP_PKTINFO) {
            in_pktinfo info;
            std::memcpy(&info, CMSG_DATA(item), sizeof info);
            info.ipi_spec_dst = info.ipi_addr;
            info.ipi_ifindex = 0;  // the route back is the kernel's to choose
            std::memcpy(CMSG_DATA(item), &info, sizeof info);
            kept = item;
        } else if (item->cmsg_level == SOL_IPV6 && item->cmsg_type == IPV6_PKTINFO) {
            in6_pktinfo info;
            std::memcpy(&info, CMSG_DATA(item), sizeof info);
            if (!IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr)) info.ipi6_ifindex = 0;
            std::memcpy(CMSG_DATA(item), &info, sizeof info);
            kept = item;
        }
    }
    if (kept == nullptr) {
        header.msg_control = nullptr;
        header.msg_controllen = 0;
        return;
    }
    header.msg_control = kept;
    header.msg_controllen = kept->cmsg_len;
}

}  // namespace

DatagramServer::DatagramServer(const ServiceSpec& spec, const ServiceContext& context,
                               const Admission* admission, Handler& handler, Reporter& reporter)
    : spec_(spec),
      context_(context),
      admission_(admission),
      handler_(handler),
      reporter_(reporter),
      budget_(random_seed()),
      buffer_(spec.is_datagram() ? std::make_unique_for_overwrite<char[]>(largest_datagram)
                                 : nullptr) {}

int DatagramServer::serve(const ListeningSocket& socket, int most) noexcept {
    int count = 0;
    while (count < most && serve_one(socket)) ++count;
    return count;
}

bool DatagramServer::admitted(int socket, const SocketAddress& peer) noexcept {
    if (admission_ == nullptr) return true;
    Claim claim = 0;
    // Whoever comes behind waits too: a datagram that was set aside would have to be kept.
    const Visitor visitor{.peer = peer, .answers = find_out(admission_, socket, peer)};
    const Guard* guard = admission_->admit(visitor, monotonic_ms(), self_, claim);
    admission_->release(claim, self_);  // a datagram is served in one step
    if (guard != nullptr) reporter_.refused(guard->reason, peer);
    return guard == nullptr;
}

bool DatagramServer::serve_one(const ListeningSocket& socket) noexcept {
    SocketAddress peer;
    iovec part{.iov_base = buffer_.get(), .iov_len = largest_datagram};
    alignas(cmsghdr) char control[256];
    msghdr header{};
    header.msg_name = peer.raw();
    header.msg_namelen = SocketAddress::capacity;
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    const ssize_t size = ::recvmsg(socket.fd, &header, MSG_DONTWAIT);
    // An error that an earlier answer caused (port unreachable) is reported here once: go on.
    if (size < 0) return errno != EAGAIN && errno != EBADF;
    peer.length = header.msg_namelen;

    std::string_view reason;
    if (!handler_.traits().silent)
        reason = refuse_reply(spec_.udp_guard, peer, context_.own_udp_ports);
    if (!reason.empty()) {
        reporter_.refused(reason, peer);
        return true;
    }
    if (!admitted(socket.fd, peer)) return true;
    reporter_.started(peer);
    const std::int64_t began = monotonic_us();
    Traffic traffic{.received = static_cast<std::uint64_t>(size)};
    Datagram datagram(peer, {buffer_.get(), static_cast<std::size_t>(size)});
    handler_.on_datagram(datagram);
    if (const auto& reply = datagram.reply()) {
        if (is_budgeted(spec_.udp_guard, peer) &&
            !budget_.take(peer, static_cast<std::size_t>(size), reply->size(), began * 1000)) {
            reporter_.refused("reply budget of the source", peer);
            return true;
        }
        part = {.iov_base = const_cast<char*>(reply->data()), .iov_len = reply->size()};
        keep_reply_address(header);
        header.msg_flags = 0;
        const ssize_t sent = ::sendmsg(socket.fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent > 0) traffic.sent = static_cast<std::uint64_t>(sent);
    }
    reporter_.ended(peer, began, traffic);
    return true;
}

}  // namespace minetd
