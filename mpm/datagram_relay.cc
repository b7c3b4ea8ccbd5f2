// SPDX-License-Identifier: ISC
#include "mpm/datagram_relay.h"

#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "daemon/os/socket.h"
#include "daemon/os/system_error.h"
#include "mpm/packet_address.h"
#include "mpm/reception.h"

namespace minetd {
namespace {

constexpr std::size_t largest_datagram = 65536;
constexpr int batch = 64;
constexpr Milliseconds tick = 1000;
/// Of one peer, and bytes of all, while somebody is asked about them.
constexpr std::size_t most_held = 8, most_held_bytes = 4 << 20;
/// After the last datagram, when the process is to end.
constexpr Milliseconds last_words = 1000;
/// A peer that was heard of this recently is not given up for another one.
constexpr Milliseconds least_idle = 5000;
constexpr std::size_t most_sides = 4;
/// Errors that earlier datagrams caused are each reported once. So many in a row are another kind.
constexpr unsigned most_errors = 8;
constexpr Milliseconds error_pause = 100;
/// In epoll's data: what is not a session's descriptor.
constexpr std::uint64_t special = 1ULL << 32, control_tag = special, drain_tag = special + 1,
                        answer_tag = special + 2, outer_tag = special + 16;

/// Each has a descriptor, or also those of its sides.
std::size_t most_sessions(bool with_sides) noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) < 0) return 64;
    return std::clamp<std::size_t>(limit.rlim_cur / (with_sides ? 2 * (1 + most_sides) : 2), 16,
                                   4096);
}

bool watch(int epoll, int fd, std::uint64_t tag) noexcept {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = tag;
    return ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

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

bool DatagramRelay::Source::operator<(const Source& other) const noexcept {
    if (outer != other.outer) return outer < other.outer;
    if (peer.length != other.peer.length) return peer.length < other.peer.length;
    return std::memcmp(peer.raw(), other.peer.raw(), peer.length) < 0;
}

DatagramRelay::DatagramRelay(ServingProcess& process, const InnerSockets& inner)
    : process_(process),
      inner_(inner),
      idle_limit_(tick * process.spec().idle_timeout),
      most_(most_sessions(!inner.shows_peers())),
      buffer_(std::make_unique_for_overwrite<char[]>(largest_datagram)),
      now_(monotonic_ms()),
      last_use_(now_) {
    if (!watch(epoll_.fd(), process.control_fd(), control_tag) ||
        !watch(epoll_.fd(), process.drain_fd(), drain_tag) ||
        !watch(epoll_.fd(), asking_.fd(), answer_tag))
        throw_errno("epoll_ctl");
    for (const ListeningSocket& socket : inner.outer())
        want_packet_info(socket.fd, socket.address.family());
}

DatagramRelay::~DatagramRelay() {
    while (!sessions_.empty()) end(sessions_.front());
}

void DatagramRelay::run(Milliseconds idle_life) noexcept {
    Scoreboard::ThreadLine& line = process_.seat().scoreboard->thread(process_.seat().slot, 0);
    while (!finished()) {
        update_doors();
        epoll_event events[batch];
        const bool busy =
            drained_ || !sessions_.empty() || !asking_.empty() || process_.reporter().holds();
        Milliseconds wait = busy ? tick : idle_life;
        if (!doors_open_ && !drained_) wait = error_pause;
        const int count = ::epoll_wait(epoll_.fd(), events, batch, static_cast<int>(wait));
        now_ = monotonic_ms();
        line.steps.fetch_add(2, std::memory_order_relaxed);  // even: no step is under way
        for (int i = 0; i < count; ++i) hear(events[i]);
        if (!asking_.empty()) admit_answered();
        end_idle();
        process_.reporter().flush(now_);
        if (sessions_.empty() && asking_.empty() && now_ - last_use_ >= idle_life) return;
    }
}

void DatagramRelay::hear(const epoll_event& event) noexcept {
    const std::uint64_t tag = event.data.u64;
    if (tag == control_tag) {
        process_.on_control();
        if (process_.control_fd() < 0) epoll_.remove(process_.seat().control.fd());
    } else if (tag == drain_tag) {
        on_drain();
    } else if (tag >= outer_tag) {
        receive_from(tag - outer_tag);
    } else if (tag < special) {
        const auto found = ways_.find(static_cast<int>(tag));
        if (found == ways_.end()) return;  // it ended in this very turn
        const Way way = found->second;
        way.side == nullptr ? return_from(*way.session) : forward_from(*way.session, *way.side);
    }
}

/// Nothing is taken from the outer sockets any more; what the program holds it may still answer.
bool DatagramRelay::finished() const noexcept {
    if (!drained_ || !asking_.empty()) return false;
    if (sessions_.empty()) return true;
    for (std::size_t i = 0; i < inner_.outer().size(); ++i)
        if (is_readable(inner_.fd(i))) return false;
    return now_ - last_use_ >= last_words;
}

void DatagramRelay::on_drain() noexcept {
    if (std::exchange(drained_, true)) return;
    epoll_.remove(process_.drain_fd());
    update_doors();
    last_use_ = now_;
}

void DatagramRelay::update_doors() noexcept {
    const bool open = !drained_ && now_ >= paused_until_;
    if (std::exchange(doors_open_, open) == open) return;
    for (std::size_t i = 0; i < inner_.outer().size(); ++i) {
        if (!open)
            epoll_.remove(inner_.outer()[i].fd);
        else if (!watch(epoll_.fd(), inner_.outer()[i].fd, outer_tag + i) && errno != EEXIST)
            doors_open_ = false;
    }
}

void DatagramRelay::receive_from(std::size_t outer) noexcept {
    if (!doors_open_) return;
    unsigned errors = 0;
    try {
        for (int i = 0; i < batch && errors < most_errors && receive_one(outer, errors); ++i) {
        }
    } catch (const std::exception&) {
        // Without memory for it a datagram is lost, as one is on its way.
        errors = most_errors;
    }
    if (errors >= most_errors) paused_until_ = now_ + error_pause;
}

/// False when there is none.
bool DatagramRelay::receive_one(std::size_t outer, unsigned& errors) {
    const ListeningSocket& socket = inner_.outer()[outer];
    Source source{.outer = outer, .peer = {}};
    iovec part{.iov_base = buffer_.get(), .iov_len = largest_datagram};
    alignas(cmsghdr) char control[packet_address_room];
    msghdr header{};
    header.msg_name = source.peer.raw();
    header.msg_namelen = SocketAddress::capacity;
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    const ssize_t size = ::recvmsg(socket.fd, &header, MSG_DONTWAIT);
    if (size < 0) {
        if (errno == EAGAIN) return false;
        ++errors;
        return true;
    }
    errors = 0;
    source.peer.length = header.msg_namelen;
    take(source, local_address_of(header, socket.address),
         {buffer_.get(), static_cast<std::size_t>(size)});
    return true;
}

/// What else a peer sends is asked about as its first datagram was; false: it ends here.
bool DatagramRelay::goes_on(Session& session) noexcept {
    if (process_.admission() == nullptr) return true;
    const Guard* const guard = process_.admission()->readmit(
        {.peer = session.source.peer, .uid = {}, .answers = session.answers}, now_);
    if (guard == nullptr) return true;
    process_.reporter().refused(guard->reason, session.source.peer);
    end(session);
    return false;
}

void DatagramRelay::take(const Source& source, const SocketAddress& local, std::string_view bytes) {
    if (const auto found = session_of_.find(source); found != session_of_.end()) {
        Session& session = *found->second;
        if (goes_on(session)) forward(session, local, bytes);
        return;
    }
    if (ask(source, local, bytes)) return;
    if (Session* const session = admit(source, {})) forward(*session, local, bytes);
}

/// True: somebody is asked about the peer, and until he answers the datagram is kept.
bool DatagramRelay::ask(const Source& source, const SocketAddress& local, std::string_view bytes) {
    const bool room = held_ + bytes.size() <= most_held_bytes;
    if (const auto found = strangers_.find(source); found != strangers_.end()) {
        if (room && found->second->packets.size() < most_held) {
            found->second->packets.push_back({local, std::string(bytes)});
            held_ += bytes.size();
        }
        return true;
    }
    if (process_.admission() == nullptr || !process_.admission()->may_inquire()) return false;
    const Asked asked =
        ask_about(process_.admission(), inner_.outer()[source.outer].fd, source.peer);
    if (!asked.needed) return false;
    UniqueFd reply(asked.reply);
    auto stranger = std::make_shared<Stranger>(Stranger{source, {}});
    if (room) stranger->packets.push_back({local, std::string(bytes)});
    const auto placed = strangers_.emplace(source, stranger).first;
    if (!asking_.add(stranger, std::move(reply), now_ + process_.admission()->patience())) {
        strangers_.erase(placed);
        return false;  // nobody knows it
    }
    if (room) held_ += bytes.size();
    return true;
}

void DatagramRelay::admit_answered() noexcept {
    while (auto answered = asking_.take(now_)) {
        const std::shared_ptr<Stranger> stranger = std::move(answered->connection);
        strangers_.erase(stranger->source);
        for (const Packet& packet : stranger->packets) held_ -= packet.bytes.size();
        Session* const session = admit(stranger->source, answered->answers);
        if (session == nullptr) continue;
        for (const Packet& packet : stranger->packets)
            forward(*session, packet.local, packet.bytes);
    }
}

/// For one more session. False: all that there are were used just now.
bool DatagramRelay::make_room() noexcept {
    if (sessions_.size() < most_) return true;
    if (now_ - sessions_.front().used < least_idle) return false;
    end(sessions_.front());
    return true;
}

/// Null: the peer is refused, or there is no room for it.
DatagramRelay::Session* DatagramRelay::admit(const Source& source,
                                             const Answers& answers) noexcept {
    Claim claim = 0;
    const Guard* const guard =
        process_.admit(inner_.outer()[source.outer].fd, source.peer, answers, now_, claim);
    if (guard != nullptr) {
        process_.reporter().refused(guard->reason, source.peer);
        return nullptr;
    }
    Session* session = nullptr;
    try {
        if (make_room()) session = open(source, answers, claim);
    } catch (const std::exception&) {
        session = nullptr;
    }
    if (session == nullptr) {
        process_.release(claim);
        process_.reporter().refused("descriptors", source.peer);
        return nullptr;
    }
    process_.reporter().started(source.peer);
    process_.seat().scoreboard->accessed(process_.seat().slot);
    return session;
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
    session.fd = datagram_socket(inner_.outer()[source.outer].address.family());
    const int fd = session.fd.get();
    if (fd < 0) return nullptr;
    inner_.pose(fd, source.peer, true);
    const auto place = session_of_.emplace(source, &session).first;
    try {
        ways_.emplace(fd, Way{&session, nullptr});
    } catch (...) {
        session_of_.erase(place);
        throw;
    }
    if (!watch(epoll_.fd(), fd, own_tag(fd))) {
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
    if (watch(epoll_.fd(), fd, own_tag(fd))) return &session.sides.back();
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
