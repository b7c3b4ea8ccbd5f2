// SPDX-License-Identifier: ISC
#include "mpm/relay_session.h"

#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "daemon/os/socket.h"
#include "daemon/os/system_error.h"
#include "services/proxy_header.h"

namespace minetd {
namespace {

constexpr Milliseconds second = 1000;

void switch_on(int fd, int level, int option) noexcept {
    const int on = 1;
    ::setsockopt(fd, level, option, &on, sizeof on);
}

/// For the record: few, so that a great many of them can be told in one.
std::string_view reason_of(int error) noexcept {
    switch (error) {
        case ECONNREFUSED:
            return "destination refused";
        case ETIMEDOUT:
            return "destination timeout";
        default:
            return "destination unreachable";
    }
}

}  // namespace

RelayRoute::RelayRoute(const ServiceSpec& service, Destination& to, Reporter& reports)
    : spec(service),
      destination(&to),
      inner(nullptr),
      reporter(reports),
      idle_limit(second * service.idle_timeout),
      write_limit(second * service.timeouts.write.value_or(service.idle_timeout)) {
    if (!spec.redirect.source.empty()) source = resolve(spec.redirect.source, 0, AF_UNSPEC).at(0);
}

RelayRoute::RelayRoute(const ServiceSpec& service, const InnerSockets& sockets, Reporter& reports)
    : spec(service),
      destination(nullptr),
      inner(&sockets),
      reporter(reports),
      idle_limit(second * service.idle_timeout),
      write_limit(second * service.timeouts.write.value_or(service.idle_timeout)) {}

const std::string& RelayRoute::name() const noexcept {
    return destination != nullptr ? destination->name() : spec.server;
}

RelaySession::RelaySession(UniqueFd client, const SocketAddress& peer, const SocketAddress& local,
                           RelayRoute& route)
    : route_(route), connection_(peer, local), upward_(route.pipes), downward_(route.pipes) {
    client_.fd = std::move(client);
}

RelaySession::~RelaySession() {
    if (waker_.fd) route_.destination->forget(waker_.fd.get());
}

RelaySession::Wants RelaySession::begin() noexcept {
    began_ = monotonic_ms();
    const int client = client_.fd.get();
    set_nonblocking(client, true);
    // What TCP calls urgent is a byte like any other to whom it is forwarded.
    switch_on(client, SOL_SOCKET, SO_OOBINLINE);
    // Whoever may be silent for ever is asked, now and then, whether his host is still there.
    if (route_.idle_limit == 0) switch_on(client, SOL_SOCKET, SO_KEEPALIVE);
    ready_ = UniqueFd(::epoll_create1(EPOLL_CLOEXEC));
    if (!ready_) return fail("descriptors", error_text(errno));
    if (route_.inner == nullptr) return look_up();
    // Its port may still be in use in there, by a connection of the same client that has ended.
    const SocketAddress program = route_.inner->entrance(connection_.local());
    addresses_ = {program, program};
    return try_next();
}

RelaySession::Wants RelaySession::look_up() noexcept {
    share_ = second * route_.spec.redirect.connect_timeout;
    auto known = route_.destination->ask(monotonic_ms());
    if (!known) {
        if (!waker_.fd) waker_.fd = UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
        if (!waker_.fd || !watch(waker_, EPOLLIN)) return fail("descriptors", error_text(errno));
        std::uint64_t count;
        (void)!::read(waker_.fd.get(), &count, sizeof count);
        route_.destination->await(waker_.fd.get());
        return Wants::input;
    }
    waker_ = {};
    if (known->addresses.empty()) return fail("destination unknown", known->problem);
    addresses_ = std::move(known->addresses);
    return try_next();
}

/// Each address has an equal share of the time that is left, so that none keeps the others from
/// being tried.
RelaySession::Wants RelaySession::try_next() noexcept {
    stage_ = Stage::connecting;
    while (next_ < addresses_.size()) {
        const SocketAddress& address = addresses_[next_++];
        const bool connected = connect_to(address);
        if (connected) return relay();
        if (errno == EINPROGRESS && watch(server_, EPOLLOUT)) {
            // A program takes its time; what waits for it has as long as the kernel tries.
            const Milliseconds all =
                route_.inner != nullptr ? 0 : second * route_.spec.redirect.connect_timeout;
            const auto left = static_cast<Milliseconds>(addresses_.size() - next_ + 1);
            share_ =
                all == 0 ? 0 : std::max<Milliseconds>(1, (began_ + all - monotonic_ms()) / left);
            return Wants::input;
        }
        error_ = errno;
        server_ = {};
        demote(address);
    }
    return fail(reason_of(error_), error_text(error_));
}

void RelaySession::demote(const SocketAddress& address) noexcept {
    if (route_.destination != nullptr) route_.destination->demote(address);
}

/// False, with errno: EINPROGRESS, or there will be no connection.
bool RelaySession::connect_to(const SocketAddress& address) noexcept {
    server_.fd =
        UniqueFd(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!server_.fd) return false;
    const int server = server_.fd.get();
    switch_on(server, SOL_SOCKET, SO_OOBINLINE);
    if (route_.spec.keepalive || route_.idle_limit == 0)
        switch_on(server, SOL_SOCKET, SO_KEEPALIVE);
    if (route_.spec.nodelay) switch_on(server, SOL_TCP, TCP_NODELAY);
    if (route_.inner != nullptr) {
        route_.inner->pose(server, connection_.peer(), next_ == 1);
    } else if (route_.source.length > 0) {
        // The port is chosen when the destination is known: many connections share one.
        switch_on(server, SOL_IP, IP_BIND_ADDRESS_NO_PORT);
        if (::bind(server, route_.source.raw(), route_.source.length) < 0) return false;
    }
    return ::connect(server, address.raw(), address.length) == 0;
}

RelaySession::Wants RelaySession::hear_connected() noexcept {
    const SocketAddress& address = addresses_[next_ - 1];
    // Asked again, the kernel tells what has become of it.
    if (::connect(server_.fd.get(), address.raw(), address.length) == 0 || errno == EISCONN)
        return relay();
    if (errno == EALREADY || errno == EINPROGRESS || errno == EINTR) return Wants::input;
    error_ = errno;
    server_ = {};
    demote(address);
    return try_next();
}

RelaySession::Wants RelaySession::relay() noexcept {
    stage_ = Stage::relaying;
    if (route_.failing.load(std::memory_order_relaxed) && route_.failing.exchange(false))
        route_.reporter.log(Level::notice,
                            route_.spec.id + ": forwards to " + route_.name() + " again");
    upward_.prepend(
        proxy_header(route_.spec.redirect.proxy_protocol, connection_.peer(), connection_.local()));
    return move(false);
}

RelaySession::Wants RelaySession::move(bool look_twice) noexcept {
    const int client = client_.fd.get(), server = server_.fd.get();
    if (!cut_short_ && !upward_.move(client, server, look_twice)) {
        // A server that takes no more may have answered before: that is passed on, to its end.
        cut_short_ = upward_.writes();
        if (!cut_short_) return break_off();
    }
    if (!downward_.move(server, client, look_twice)) return break_off();
    if (downward_.over() && cut_short_) return break_off();
    if (downward_.over() && upward_.over()) return Wants::end;
    const bool sends = upward_.writes() && !cut_short_;
    const auto events = [](bool reads, bool writes) {
        return (reads ? EPOLLIN : 0U) | (writes ? EPOLLOUT : 0U);
    };
    return watch(client_, events(upward_.reads(), downward_.writes())) &&
                   watch(server_, events(downward_.reads(), sends))
               ? Wants::input
               : break_off();
}

/// One side was reset, and so is the other: what the client was sent is not all, or what it has
/// sent did not arrive. What the server was sent before it heard that there is no more stays true.
RelaySession::Wants RelaySession::break_off() noexcept {
    reset_on_close(client_.fd.get());
    if (!upward_.over()) reset_on_close(server_.fd.get());
    return Wants::end;
}

RelaySession::Wants RelaySession::fail(std::string_view reason, std::string_view why) noexcept {
    route_.reporter.refused(reason, connection_.peer());
    if (!route_.failing.exchange(true))
        route_.reporter.log(Level::warning, route_.spec.id + ": cannot forward to " +
                                                route_.name() + ": " + std::string(why));
    return Wants::end;
}

RelaySession::Wants RelaySession::resume() noexcept {
    switch (stage_) {
        case Stage::looking_up:
            return look_up();
        case Stage::connecting:
            return hear_connected();
        case Stage::relaying:
            break;
    }
    const std::uint64_t before = upward_.activity() + downward_.activity();
    const Wants wants = move(false);
    const bool idle = before == upward_.activity() + downward_.activity();
    return wants == Wants::input && idle ? move(true) : wants;
}

RelaySession::Wants RelaySession::time_over() noexcept {
    if (stage_ == Stage::looking_up) return fail("destination unknown", error_text(ETIMEDOUT));
    if (stage_ == Stage::connecting) {
        error_ = ETIMEDOUT;
        server_ = {};
        demote(addresses_[next_ - 1]);
        return try_next();
    }
    return phase() == Phase::write ? break_off() : Wants::end;
}

void RelaySession::interrupt() noexcept {
    const std::uint64_t one = 1;
    if (waker_.fd) (void)!::write(waker_.fd.get(), &one, sizeof one);
    for (const Side* side : {&client_, &server_})
        if (side->watched != 0) ::shutdown(side->fd.get(), SHUT_RDWR);
}

Phase RelaySession::phase() const noexcept {
    if (stage_ != Stage::relaying) return Phase::first_byte;
    return upward_.writes() || downward_.writes() ? Phase::write : Phase::request;
}

Milliseconds RelaySession::limit() const noexcept {
    if (stage_ != Stage::relaying) return share_;
    return phase() == Phase::write ? route_.write_limit : route_.idle_limit;
}

std::uint64_t RelaySession::progress() const noexcept {
    return stage_ == Stage::relaying ? upward_.activity() + downward_.activity() : next_;
}

/// A side that is waited for nothing is not in the set at all: it would be told of its end for
/// ever.
bool RelaySession::watch(Side& side, std::uint32_t events) noexcept {
    if (side.watched == events) return true;
    const int operation = side.watched == 0 ? EPOLL_CTL_ADD
                          : events == 0     ? EPOLL_CTL_DEL
                                            : EPOLL_CTL_MOD;
    epoll_event event{};
    event.events = events;
    side.watched = events;
    return ::epoll_ctl(ready_.get(), operation, side.fd.get(), &event) == 0;
}

}  // namespace minetd
