// SPDX-License-Identifier: ISC
#include "mpm/datagram_server.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "mpm/reception.h"
#include "services/reflection.h"

namespace minetd {
namespace {

constexpr std::size_t largest_datagram = 65536;

/// Turns the address a datagram was sent to into the one its answer comes from: clients that
/// connect their socket accept no other.
void keep_reply_address(msghdr& header, ReceivedDatagram& datagram) noexcept {
    const cmsghdr* kept = nullptr;
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
    if (kept == nullptr || kept->cmsg_len > sizeof datagram.control) return;
    std::memcpy(datagram.control, kept, kept->cmsg_len);
    datagram.control_size = kept->cmsg_len;
}

}  // namespace

DatagramServer::DatagramServer(const ServiceSpec& spec, const ServiceContext& context,
                               const Admission* admission, Handler& handler, Reporter& reporter,
                               ReplyBudget& budget)
    : spec_(spec),
      context_(context),
      admission_(admission),
      handler_(handler),
      reporter_(reporter),
      budget_(budget),
      buffer_(spec.is_datagram() ? std::make_unique_for_overwrite<char[]>(largest_datagram)
                                 : nullptr) {
    if (admission != nullptr && admission->may_inquire()) held_.emplace();
}

int DatagramServer::serve(const ListeningSocket& socket, int most, Line& line) noexcept {
    int count = 0;
    while (count < most && serve_one(socket, line)) ++count;
    return count;
}

bool DatagramServer::serve_one(const ListeningSocket& socket, Line& line) noexcept {
    ReceivedDatagram datagram;
    iovec part{.iov_base = buffer_.get(), .iov_len = largest_datagram};
    alignas(cmsghdr) char control[256];
    msghdr header{};
    header.msg_name = datagram.peer.raw();
    header.msg_namelen = SocketAddress::capacity;
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    const ssize_t size = ::recvmsg(socket.fd, &header, MSG_DONTWAIT);
    // An error that an earlier answer caused (port unreachable) is reported here once: go on.
    if (size < 0) return errno != EAGAIN && errno != EBADF;
    datagram.socket = socket.fd;
    datagram.peer.length = header.msg_namelen;
    datagram.payload = {buffer_.get(), static_cast<std::size_t>(size)};
    keep_reply_address(header, datagram);

    std::string_view reason;
    if (!handler_.traits().silent)
        reason = refuse_reply(spec_.udp_guard, datagram.peer, context_.own_udp_ports);
    if (!reason.empty())
        reporter_.refused(reason, datagram.peer);
    else if (!set_aside(datagram, line))
        decide(datagram, {}, line);
    return true;
}

/// True where it waits for an answer now. One too many pushes out the oldest, of whose sender
/// nothing is known then.
bool DatagramServer::set_aside(const ReceivedDatagram& datagram, Line& line) noexcept {
    if (!held_) return false;
    if (!held_->join(datagram)) {
        const Asked asked = ask_about(admission_, datagram.socket, datagram.peer);
        if (!asked.needed) return false;
        const Milliseconds until = monotonic_ms() + admission_->patience();
        if (!held_->add(datagram, UniqueFd(asked.reply), until)) return false;
    }
    while (auto oldest = held_->overflow(datagram)) {
        if (!std::exchange(told_of_overflow_, true))
            reporter_.log(Level::warning,
                          fmt::format("{}: too many datagrams wait for what is asked about their "
                                      "senders: the oldest are refused",
                                      spec_.id));
        decide(oldest->get(), {}, line);
    }
    return true;
}

void DatagramServer::settle(Line& line) noexcept {
    if (!held_) return;
    while (auto answered = held_->take(monotonic_ms()))
        for (HeldDatagram& held : answered->datagrams) decide(held.get(), answered->answers, line);
}

void DatagramServer::finish(Line& line) noexcept {
    while (holds()) {
        const Milliseconds left = std::max<Milliseconds>(0, held_->due() - monotonic_ms());
        pollfd item{.fd = held_->fd(), .events = POLLIN, .revents = 0};
        ::poll(&item, 1, static_cast<int>(left));
        settle(line);
    }
}

void DatagramServer::decide(const ReceivedDatagram& datagram, const Answers& answers,
                            Line& line) noexcept {
    if (admission_ == nullptr) return answer(datagram, line);
    Claim claim = 0;
    const Visitor visitor{.peer = datagram.peer, .answers = answers};
    const Guard* guard = admission_->admit(visitor, monotonic_ms(), self_, claim);
    admission_->release(claim, self_);  // a datagram is served in one step
    if (guard != nullptr) return reporter_.refused(guard->reason, datagram.peer);
    answer(datagram, line);
}

void DatagramServer::answer(const ReceivedDatagram& received, Line& line) noexcept {
    const SocketAddress& peer = received.peer;
    const std::size_t size = received.payload.size();
    reporter_.started(peer);
    const std::int64_t began = monotonic_us();
    Traffic traffic{.received = size};
    Datagram datagram(peer, received.payload);
    handler_.on_datagram(datagram);
    if (const auto& reply = datagram.reply()) {
        if (is_budgeted(spec_.udp_guard, peer) &&
            !budget_.take(peer, size, reply->size(), began * 1000))
            return reporter_.refused("reply budget of the source", peer);
        iovec part{.iov_base = const_cast<char*>(reply->data()), .iov_len = reply->size()};
        msghdr header{};
        header.msg_name = const_cast<sockaddr*>(peer.raw());
        header.msg_namelen = peer.length;
        header.msg_iov = &part;
        header.msg_iovlen = 1;
        header.msg_control =
            received.control_size > 0 ? const_cast<char*>(received.control) : nullptr;
        header.msg_controllen = received.control_size;
        const ssize_t sent = ::sendmsg(received.socket, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent > 0) traffic.sent = static_cast<std::uint64_t>(sent);
    }
    constexpr auto relaxed = std::memory_order_relaxed;
    line.accesses.store(line.accesses.load(relaxed) + 1, relaxed);
    line.bytes.fetch_add(traffic.sent, relaxed);  // in a poller everybody's are on the first line
    reporter_.ended(peer, began, traffic);
}

}  // namespace minetd
