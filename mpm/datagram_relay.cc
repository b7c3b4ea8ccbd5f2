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

constexpr int batch = 64;
constexpr Milliseconds tick = 1000;
/// Of one peer, and bytes of all, while somebody is asked about them.
constexpr std::size_t most_held = 8, most_held_bytes = 4 << 20;
/// After the last datagram, when the process is to end.
constexpr Milliseconds last_words = 1000;
constexpr Milliseconds error_pause = 100;
/// In epoll's data: what is not a session's descriptor.
constexpr std::uint64_t special = 1ULL << 32, control_tag = special, drain_tag = special + 1,
                        answer_tag = special + 2, outer_tag = special + 16;

/// Each has a descriptor, or also those of its sides.
std::size_t most_sessions(std::size_t sides) noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) < 0) return 64;
    return std::clamp<std::size_t>(limit.rlim_cur / (2 * (1 + sides)), 16, 4096);
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
      most_(most_sessions(inner.shows_peers() ? 0 : most_sides)),
      buffer_(std::make_unique_for_overwrite<char[]>(largest_datagram)),
      now_(monotonic_ms()),
      last_use_(now_) {
    if (!watch(process.control_fd(), control_tag) || !watch(process.drain_fd(), drain_tag) ||
        !watch(asking_.fd(), answer_tag))
        throw_errno("epoll_ctl");
    for (const ListeningSocket& socket : inner.outer())
        want_packet_info(socket.fd, socket.address.family());
}

DatagramRelay::~DatagramRelay() {
    while (!sessions_.empty()) end(sessions_.front());
}

bool DatagramRelay::watch(int fd, std::uint64_t tag) noexcept {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = tag;
    return ::epoll_ctl(epoll_.fd(), EPOLL_CTL_ADD, fd, &event) == 0;
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
        if (process_.hear_vacant())
            for (Session& session : sessions_) session.answered = true;
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

bool DatagramRelay::all_answered() const noexcept {
    return std::all_of(sessions_.begin(), sessions_.end(),
                       [](const Session& session) { return session.answered; });
}

/// Nothing is taken from the outer sockets any more; what the program holds it may still answer.
bool DatagramRelay::finished() const noexcept {
    if (!drained_ || !asking_.empty()) return false;
    if (sessions_.empty()) return true;
    for (std::size_t i = 0; i < inner_.outer().size(); ++i)
        if (is_readable(inner_.fd(i))) return false;
    return now_ - last_use_ >= last_words && all_answered();
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
        else if (!watch(inner_.outer()[i].fd, outer_tag + i) && errno != EEXIST)
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

}  // namespace minetd
