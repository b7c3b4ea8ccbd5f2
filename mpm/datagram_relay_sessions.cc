// SPDX-License-Identifier: ISC
// The sessions of a DatagramRelay: their sockets, what goes through these, and when they end.
#include <sys/socket.h>

#include <iterator>

#include "daemon/os/system_error.h"
#include "mpm/datagram_relay.h"
#include "mpm/packet_address.h"

namespace minetd {
namespace {

constexpr int batch = 64;
/// A peer that was heard of this recently is not given up for another one.
constexpr Milliseconds least_idle = 5000;

std::uint64_t own_tag(int fd) noexcept {
    return static_cast<std::uint64_t>(fd);
}

UniqueFd datagram_socket(int family) noexcept {
    return UniqueFd(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

/// False, with errno. An error that an earlier datagram caused is reported here once.
bool send_to(int fd, std::string_view bytes, const SocketAddress& to) noexcept {
    for (int tries = 0; tries < 2; ++tries)
        if (::sendto(fd, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL, to.raw(),
                     to.length) >= 0)
            return true;
    return false;
}

}  // namespace

/// For one more session. False: all that there are were used just now.
bool DatagramRelay::make_room() noexcept {
    if (sessions_.size() < most_) return true;
    if (now_ - sessions_.front().used < least_idle) return false;
    end(sessions_.front());
    return true;
}

/// The peer speaks with another socket of the service too: one of two that have its address and
/// port would hear what is said to both.
bool DatagramRelay::is_elsewhere(const Source& source) const noexcept {
    for (std::size_t i = 0; i < inner_.outer().size(); ++i)
        if (i != source.outer && session_of_.contains({.outer = i, .peer = source.peer}))
            return true;
    return false;
}

/// Whole, or (null, or an exception) not at all.
DatagramRelay::Session* DatagramRelay::open(const Source& source, const Answers& answers,
                                            Claim claim) {
    Sessions fresh(1);
    Session& session = fresh.front();
    session.source = source;
    session.claim = claim;
    session.answers = answers;
    session.began_us = monotonic_us();
    session.used = now_;
    session.self = fresh.begin();
    const SocketAddress& outer = inner_.outer()[source.outer].address;
    session.fd = datagram_socket(inner_.entrance(source.outer, outer).family());
    const int fd = session.fd.get();
    if (fd < 0 || !inner_.pose(fd, source.peer, !is_elsewhere(source))) return nullptr;
    const auto place = session_of_.emplace(source, &session).first;
    try {
        ways_.emplace(fd, Way{&session, nullptr});
    } catch (...) {
        session_of_.erase(place);
        throw;
    }
    if (!watch(fd, own_tag(fd))) {
        session_of_.erase(place);
        ways_.erase(fd);
        return nullptr;
    }
    sessions_.splice(sessions_.end(), fresh);
    return &session;
}

void DatagramRelay::forward(Session& session, const SocketAddress& local,
                            std::string_view bytes) noexcept {
    touch(session);
    session.local = local;
    session.answered = false;
    if (send_to(session.fd.get(), bytes, inner_.entrance(session.source.outer, local)))
        session.traffic.received += bytes.size();
}

/// What the program says to this peer.
void DatagramRelay::return_from(Session& session) noexcept {
    unsigned errors = 0;
    for (int i = 0; i < batch && errors < most_errors; ++i) {
        SocketAddress from;
        from.length = SocketAddress::capacity;
        const ssize_t size = ::recvfrom(session.fd.get(), buffer_.get(), largest_datagram,
                                        MSG_DONTWAIT, from.raw(), &from.length);
        if (size < 0 && errno == EAGAIN) return;
        errors = size < 0 ? errors + 1 : 0;
        if (size >= 0) send_back(session, static_cast<std::size_t>(size), from);
    }
    if (errors >= most_errors) end(session);
}

void DatagramRelay::send_back(Session& session, std::size_t size,
                              const SocketAddress& from) noexcept {
    touch(session);
    session.answered = true;
    const bool aside =
        !inner_.shows_peers() && !(from == inner_.entrance(session.source.outer, session.local));
    if (aside) {
        Side* const side = side_for(session, from);
        if (side != nullptr && send_to(side->fd.get(), {buffer_.get(), size}, session.source.peer))
            session.traffic.sent += size;
        return;
    }
    iovec part{.iov_base = buffer_.get(), .iov_len = size};
    alignas(cmsghdr) char control[packet_address_room];
    msghdr header{};
    header.msg_name = session.source.peer.raw();
    header.msg_namelen = session.source.peer.length;
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control;
    send_from(header, session.local);
    const int outer = inner_.outer()[session.source.outer].fd;
    // An error that an earlier answer caused is reported here once.
    for (int tries = 0; tries < 2; ++tries)
        if (::sendmsg(outer, &header, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
            session.traffic.sent += size;
            return;
        }
}

/// The socket through which the peer hears this one of the program's; null: there can be none.
DatagramRelay::Side* DatagramRelay::side_for(Session& session,
                                             const SocketAddress& program) noexcept {
    for (Side& side : session.sides)
        if (side.program == program) return &side;
    while (session.sides.size() >= most_sides) end_side(session, session.sides.begin());
    UniqueFd socket = datagram_socket(session.source.peer.family());
    SocketAddress local = session.local;
    (local.family() == AF_INET ? local.v4.sin_port : local.v6.sin6_port) = 0;
    const int fd = socket.get();
    if (fd < 0 || ::bind(fd, local.raw(), local.length) < 0 ||
        ::connect(fd, session.source.peer.raw(), session.source.peer.length) < 0)
        return nullptr;
    try {
        std::list<Side> fresh;
        fresh.push_back({program, std::move(socket)});
        ways_.emplace(fd, Way{&session, &fresh.front()});
        session.sides.splice(session.sides.end(), fresh);
    } catch (const std::exception&) {
        return nullptr;
    }
    if (watch(fd, own_tag(fd))) return &session.sides.back();
    end_side(session, std::prev(session.sides.end()));
    return nullptr;
}

/// What the peer says to a socket of the program's own.
void DatagramRelay::forward_from(Session& session, Side& side) noexcept {
    unsigned errors = 0;
    for (int i = 0; i < batch && errors < most_errors; ++i) {
        const ssize_t size = ::recv(side.fd.get(), buffer_.get(), largest_datagram, MSG_DONTWAIT);
        if (size < 0 && errno == EAGAIN) return;
        errors = size < 0 ? errors + 1 : 0;
        if (size < 0) continue;
        if (!goes_on(session)) return;
        touch(session);
        const auto length = static_cast<std::size_t>(size);
        if (send_to(session.fd.get(), {buffer_.get(), length}, side.program))
            session.traffic.received += length;
    }
    if (errors >= most_errors) end(session);
}

void DatagramRelay::touch(Session& session) noexcept {
    session.used = last_use_ = now_;
    sessions_.splice(sessions_.end(), sessions_, session.self);
}

void DatagramRelay::end_side(Session& session, std::list<Side>::iterator side) noexcept {
    ways_.erase(side->fd.get());
    session.sides.erase(side);
}

void DatagramRelay::end(Session& session) noexcept {
    while (!session.sides.empty()) end_side(session, session.sides.begin());
    process_.release(session.claim);
    process_.reporter().ended(session.source.peer, session.began_us, session.traffic);
    session_of_.erase(session.source);
    ways_.erase(session.fd.get());
    last_use_ = now_;
    sessions_.erase(session.self);
}

void DatagramRelay::end_idle() noexcept {
    while (!sessions_.empty() && now_ - sessions_.front().used >= idle_limit_)
        end(sessions_.front());
}

}  // namespace minetd
