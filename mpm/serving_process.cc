// SPDX-License-Identifier: ISC
#include "mpm/serving_process.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include <csignal>
#include <ctime>
#include <mutex>
#include <utility>

#include "daemon/os/free_memory.h"
#include "daemon/os/socket.h"
#include "daemon/os/system_error.h"
#include "daemon/os/thread.h"
#include "mpm/reception.h"
#include "mpm/stream_session.h"
#include "services/random_numbers.h"
#include "services/registry.h"

namespace minetd {
namespace {

constexpr Milliseconds boards_patience = 2000;

/// A handler whose steps must not run at once, on threads that would: one step at a time.
class OneAtATime final : public Handler {
  public:
    explicit OneAtATime(std::unique_ptr<Handler> handler) : handler_(std::move(handler)) {
        declare(handler_->traits());
    }

    Next on_open(Connection& connection) noexcept override {
        const std::lock_guard held(lock_);
        return handler_->on_open(connection);
    }
    Next on_input(Connection& connection) noexcept override {
        const std::lock_guard held(lock_);
        return handler_->on_input(connection);
    }
    Next on_drained(Connection& connection) noexcept override {
        const std::lock_guard held(lock_);
        return handler_->on_drained(connection);
    }
    void serve(BlockingStream& stream) noexcept override {
        const std::lock_guard held(lock_);
        handler_->serve(stream);
    }
    void on_datagram(Datagram& datagram) noexcept override {
        const std::lock_guard held(lock_);
        handler_->on_datagram(datagram);
    }

  private:
    std::mutex lock_;
    std::unique_ptr<Handler> handler_;
};

/// Where everything is forwarded.
class NoHandler final : public Handler {
  public:
    NoHandler() { declare({.datagram = true, .client_speaks_first = false}); }
    Next on_input(Connection&) noexcept override { return Next::close; }
};

/// What only a process that serves can add.
const ServiceContext& complete(ServiceContext& context, const ShownBoards* boards,
                               Reporter& reporter) {
    context.status = boards;
    context.alarm = [&reporter](const SocketAddress& peer) { reporter.touched(peer); };
    return context;
}

/// Servers that began together must not all retire together.
std::uint64_t with_jitter(std::uint64_t most, unsigned percent) noexcept {
    std::uint32_t chance = 0;
    if (percent == 0 || ::getrandom(&chance, sizeof chance, GRND_NONBLOCK) != sizeof chance)
        return most;
    const std::uint64_t range = most * percent / 100;
    return most - (range == 0 ? 0 : chance % (range + 1));
}

}  // namespace

ServingProcess::ServingProcess(ServerSeat seat, unsigned workers)
    : ServingProcess(std::move(seat), workers, nullptr) {}

ServingProcess::ServingProcess(ServerSeat seat, const InnerSockets& inner)
    : ServingProcess(std::move(seat), 1, std::make_unique<NoHandler>()) {
    route_ = std::make_unique<RelayRoute>(spec_, inner, reporter_);
}

ServingProcess::ServingProcess(ServerSeat seat, unsigned workers, std::unique_ptr<Handler> handler)
    : seat_(std::move(seat)),
      spec_(*seat_.spec),
      reporter_(seat_.control, spec_),
      shown_(shows_boards(spec_) ? std::make_unique<ShownBoards>() : nullptr),
      context_(seat_.context),
      handler_(handler ? std::move(handler)
                       : make_handler(spec_, complete(context_, shown_.get(), reporter_),
                                      [this](Level level, std::string_view text) {
                                          reporter_.log(level, text);
                                      })),
      traits_(handler_->traits()),
      deadlines_(deadlines_of(spec_, traits_)),
      drain_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!drain_fd_) throw_errno("eventfd");
    ::signal(SIGPIPE, SIG_IGN);  // sendfile and splice have no MSG_NOSIGNAL
    if (Destination* const destination = handler_->destination())
        route_ = std::make_unique<RelayRoute>(spec_, *destination, reporter_);
    if (spec_.is_datagram() && seat_.budget == nullptr) budget_.emplace(random_seed());
    if (!traits_.thread_safe && workers > 1)
        handler_ = std::make_unique<OneAtATime>(std::move(handler_));
    for (const ListeningSocket& socket : seat_.sockets) set_nonblocking(socket.fd, true);
    const PoolLimits& pool = spec_.pool;
    if (spec_.is_pool()) keep_free_memory(pool.max_mem_free);
    if (spec_.is_pool() && pool.max_connections_per_child != 0) {
        const bool exact = pool.spawn_policy == SpawnPolicy::apache;
        retire_at_ = with_jitter(pool.max_connections_per_child, exact ? 0 : pool.recycle_jitter);
        // In time for a successor to be there when this one takes no more.
        announce_at_ = retire_at_ > workers ? retire_at_ - workers : 1;
    }
    reporter_.count_on(*seat_.scoreboard);
    seat_.scoreboard->server(seat_.slot).pid.store(self_, std::memory_order_relaxed);
    if (shown_) await_boards();
}

ServingProcess::~ServingProcess() = default;

/// The first client is not to be shown less than the next one; a slow parent is not waited for
/// long.
void ServingProcess::await_boards() noexcept {
    const Milliseconds until = monotonic_ms() + boards_patience;
    while (!shown_->complete() && !parent_gone_) {
        const Milliseconds left = until - monotonic_ms();
        pollfd item{.fd = seat_.control.fd(), .events = POLLIN, .revents = 0};
        if (left <= 0 || ::poll(&item, 1, static_cast<int>(left)) <= 0) return;
        on_control();
    }
}

std::unique_ptr<Conversation> ServingProcess::converse(UniqueFd connection,
                                                       const SocketAddress& peer,
                                                       const SocketAddress& local) {
    if (route_) return std::make_unique<RelaySession>(std::move(connection), peer, local, *route_);
    return std::make_unique<StreamSession>(std::move(connection), peer, local, *handler_,
                                           deadlines_);
}

const Guard* ServingProcess::admit(int connection, const SocketAddress& peer,
                                   const Answers& answers, Milliseconds now, Claim& claim) {
    if (seat_.admission == nullptr) return nullptr;
    Visitor visitor = visitor_of(connection, peer);
    visitor.answers = answers;
    return seat_.admission->admit(visitor, now, self_, claim);
}

void ServingProcess::receive(int connection, const SocketAddress& peer) noexcept {
    reporter_.started(peer);
    welcome(seat_.admission, connection, peer);
}

void ServingProcess::refuse(int connection, const SocketAddress& peer,
                            const Guard& guard) noexcept {
    reporter_.refused(guard.reason, peer);
    turn_away(seat_.admission, connection, peer);
}

void ServingProcess::release(Claim claim) noexcept {
    if (seat_.admission != nullptr) seat_.admission->release(claim, self_);
}

bool ServingProcess::at_limit() const noexcept {
    return seat_.admission != nullptr && seat_.admission->full();
}

void ServingProcess::drain() noexcept {
    if (draining_.exchange(true)) return;
    seat_.scoreboard->set_accepting(seat_.slot, false);
    seat_.scoreboard->server(seat_.slot).leaving.store(true, std::memory_order_relaxed);
    const std::uint64_t one = 1;
    (void)!::write(drain_fd_.get(), &one, sizeof one);
}

void ServingProcess::took(unsigned connections) noexcept {
    if (retire_at_ == 0) return;
    const std::uint64_t taken =
        taken_.fetch_add(connections, std::memory_order_relaxed) + connections;
    if (taken >= announce_at_) seat_.scoreboard->set_retiring(seat_.slot);
    if (taken >= retire_at_) drain();
}

void ServingProcess::on_control() noexcept {
    const auto take = [this](const ControlMessage& message, UniqueFd attached) {
        if (message.kind == ControlMessage::Kind::drain)
            drain();
        else if (message.kind == ControlMessage::Kind::vacant)
            vacant_ = true;
        else if (message.kind == ControlMessage::Kind::passed ||
                 message.kind == ControlMessage::Kind::declined)
            passes_.answer(message);
        else if (shown_)
            shown_->hear(message, std::move(attached));
    };
    if (receive_controls(seat_.control, take)) return;
    // Without a parent nobody else will accept; what was accepted is finished.
    parent_gone_ = true;
    passes_.close();
    drain();
    if (seat_.of_superdaemon) on_orphaned();
}

/// What nobody holds for a successor is closed to clients, so that a new start can bind it, and
/// what was accepted has its time.
void ServingProcess::on_orphaned() noexcept {
    for (const ListeningSocket& socket : seat_.sockets)
        if (!socket.kept && !spec_.is_datagram()) ::shutdown(socket.fd, SHUT_RDWR);
    if (seat_.orphan_timeout == 0) return;
    try {
        // All threads may be in conversations; this one lasts as long as the process.
        Thread(0, [seconds = seat_.orphan_timeout] {
            timespec left{.tv_sec = seconds, .tv_nsec = 0};
            while (::nanosleep(&left, &left) < 0) continue;
            ::_exit(EX_OK);
        }).detach();
    } catch (const std::exception&) {
        return;  // no thread to be had: as long as the clients stay
    }
}

EpollSet::EpollSet() : fd_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (!fd_) throw_errno("epoll");
}

void EpollSet::add(int fd, std::uint32_t events, void* tag) {
    if (!change(EPOLL_CTL_ADD, fd, events, tag)) throw_errno("epoll_ctl");
}

bool EpollSet::change(int operation, int fd, std::uint32_t events, void* tag) noexcept {
    epoll_event event{};
    event.events = events;
    event.data.ptr = tag;
    return ::epoll_ctl(fd_.get(), operation, fd, &event) == 0;
}

}  // namespace minetd
