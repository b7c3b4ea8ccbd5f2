// SPDX-License-Identifier: ISC
// What all threads of one server process share: its seat, its handler, its link to the parent, and
// whether it still takes connections.
#pragma once

#include <sys/epoll.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <optional>

#include "daemon/os/unique_fd.h"
#include "mpm/conversation.h"
#include "mpm/deadlines.h"
#include "mpm/pass_desk.h"
#include "mpm/relay_session.h"
#include "mpm/server_seat.h"
#include "mpm/shown_boards.h"

namespace minetd {

class ServingProcess {
  public:
    /// `workers`: the threads that may run handler steps at once. Throws std::exception.
    ServingProcess(ServerSeat seat, unsigned workers);
    /// Serves nothing itself: stands between the peers and the program (`intercept`).
    ServingProcess(ServerSeat seat, const InnerSockets& inner);
    ~ServingProcess();

    const ServiceSpec& spec() const noexcept { return spec_; }
    const ServerSeat& seat() const noexcept { return seat_; }
    Reporter& reporter() noexcept { return reporter_; }
    Handler& handler() noexcept { return *handler_; }
    /// What becomes of an admitted connection.
    std::unique_ptr<Conversation> converse(UniqueFd connection, const SocketAddress& peer,
                                           const SocketAddress& local);
    const HandlerTraits& traits() const noexcept { return traits_; }
    const Deadlines& deadlines() const noexcept { return deadlines_; }
    PassDesk& passes() noexcept { return passes_; }
    /// Of a datagram service.
    ReplyBudget& budget() noexcept { return seat_.budget != nullptr ? *seat_.budget : *budget_; }

    // -- admission
    const Admission* admission() const noexcept { return seat_.admission; }
    /// The guard that refuses the connection, or null: it is counted under `claim`. `answers` are
    /// those to what had to be asked (mpm/reception.h).
    const Guard* admit(int connection, const SocketAddress& peer, const Answers& answers,
                       Milliseconds now, Claim& claim);
    /// An admitted connection begins to be served: it is recorded, and told what all are.
    void receive(int connection, const SocketAddress& peer) noexcept;
    /// A refused one: the same, before it is closed.
    void refuse(int connection, const SocketAddress& peer, const Guard& guard) noexcept;
    void release(Claim claim) noexcept;
    bool waits(const Guard& guard) const noexcept { return seat_.admission->waits(guard); }
    /// More than `instances` wait in the backlog, and there are so many now.
    bool at_limit() const noexcept;
    SocketAddress local_end(int connection, const ListeningSocket& socket) const noexcept {
        return socket.specific ? socket.address : local_address(connection);
    }

    // -- the end of the process
    /// Takes no more connections; those it has go on. Any thread.
    void drain() noexcept;
    bool draining() const noexcept { return draining_.load(std::memory_order_relaxed); }
    /// It was told to go, or soon will hear so: the keeper's word on the board needs no call.
    bool leaving() const noexcept {
        return draining() ||
               seat_.scoreboard->server(seat_.slot).leaving.load(std::memory_order_relaxed);
    }
    /// Readable for ever once the process drains.
    int drain_fd() const noexcept { return drain_fd_.get(); }
    /// Counts connections (or datagrams) for max_connections_per_child; the last one drains.
    void took(unsigned connections) noexcept;
    bool exhausted() const noexcept {
        return retire_at_ != 0 && taken_.load(std::memory_order_relaxed) >= retire_at_;
    }

    /// The control channel is readable; for one thread only. The end of the parent drains.
    void on_control() noexcept;
    /// -1 when there is no parent any more.
    int control_fd() const noexcept { return parent_gone_ ? -1 : seat_.control.fd(); }
    /// Since this was last asked, a program has ended that it stands before.
    bool hear_vacant() noexcept { return std::exchange(vacant_, false); }

  private:
    ServingProcess(ServerSeat seat, unsigned workers, std::unique_ptr<Handler> handler);
    void await_boards() noexcept;
    void on_orphaned() noexcept;

    ServerSeat seat_;
    const ServiceSpec& spec_;
    const pid_t self_ = ::getpid();  ///< asked once, not for every client
    Reporter reporter_;
    std::unique_ptr<ShownBoards> shown_;  ///< null unless the service shows the scoreboard
    ServiceContext context_;
    std::unique_ptr<Handler> handler_;
    HandlerTraits traits_;
    Deadlines deadlines_;
    std::unique_ptr<RelayRoute> route_;  ///< where connections are forwarded
    PassDesk passes_;
    std::optional<ReplyBudget> budget_;  ///< where the seat has none
    UniqueFd drain_fd_;
    std::atomic<bool> draining_{false};
    // Known to the thread that reads the control channel.
    bool parent_gone_ = false, vacant_ = false;
    std::atomic<std::uint64_t> taken_{0};
    std::uint64_t retire_at_ = 0, announce_at_ = 0;  ///< connections; 0: never
};

/// One epoll(7) set.
class EpollSet {
  public:
    EpollSet();  ///< throws std::system_error
    int fd() const noexcept { return fd_.get(); }
    void add(int fd, std::uint32_t events, void* tag);  ///< throws std::system_error
    /// False when the kernel has no room for it.
    bool change(int operation, int fd, std::uint32_t events, void* tag) noexcept;
    void remove(int fd) noexcept { change(EPOLL_CTL_DEL, fd, 0, nullptr); }

  private:
    UniqueFd fd_;
};

}  // namespace minetd
