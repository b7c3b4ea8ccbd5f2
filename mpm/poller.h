// SPDX-License-Identifier: ISC
// Connections that wait in one epoll set and cost no thread while they do. A connection is stepped
// when its socket is ready: on the one thread that polls, or, where steps may block, on any of the
// threads that poll the set together; then a connection that is ready wakes one of them, and is
// nobody else's until it is parked again. Nothing is handed from thread to thread.
#pragma once

#include <mutex>
#include <optional>
#include <vector>

#include "mpm/capacity.h"
#include "mpm/datagram_server.h"
#include "mpm/pending_answers.h"
#include "mpm/phase_lists.h"
#include "mpm/serving_process.h"
#include "mpm/session_clock.h"

namespace minetd {

class Poller {
  public:
    /// `shared`: several threads will run() it. Throws std::system_error.
    Poller(ServingProcess& process, Capacity& capacity, bool shared, bool hears_parent);
    ~Poller();

    /// Serves until the process drains and the last connection has ended; with `idle_life` also
    /// when there was nothing to do for so long. `line`: of the board, this thread's own.
    void run(unsigned line, Milliseconds idle_life = 0) noexcept;

  private:
    using Wants = Conversation::Wants;
    struct Session;
    class Held;
    /// Accepted, and not served yet.
    struct Arrival {
        UniqueFd connection;
        SocketAddress peer;
        const ListeningSocket* socket = nullptr;
        bool asked = false;  ///< what had to be asked about the peer was
        Answers answers;
    };

    void handle(epoll_event& event, unsigned line) noexcept;
    void accept_from(const ListeningSocket& socket, unsigned line) noexcept;
    void step(Session& session, unsigned line, Wants (Conversation::*take)() noexcept) noexcept;
    bool open(Arrival arrival, unsigned line) noexcept;
    bool ask(Arrival& arrival) noexcept;
    void admit_answered(unsigned line) noexcept;
    void admit_waiting(unsigned line) noexcept;
    void settle(Session& session, Wants wants) noexcept;
    void park(Session& session, std::uint32_t events) noexcept;
    void end(Session& session) noexcept;
    bool evictable(const Session& session) const noexcept;
    void ask_to_pass(Session& session) noexcept;
    void hear_answers() noexcept;
    bool update_doors() noexcept;
    void sweep(unsigned line) noexcept;
    void make_room() noexcept;
    void on_drain() noexcept;
    void on_tick() noexcept;
    void expire(Session& session) noexcept;
    bool finished() const noexcept;
    void wake() noexcept;

    ServingProcess& process_;
    const ServiceSpec& spec_;
    Capacity& capacity_;
    const bool shared_, hears_parent_;
    std::optional<DatagramServer> datagrams_;  ///< where the service has any
    EpollSet epoll_;
    UniqueFd wake_fd_;           ///< answers have come, or it is time to go
    std::recursive_mutex lock_;  ///< of all below, where the set is shared
    PhaseLists lists_;
    std::vector<Arrival> waiting_;  ///< at the limit, `overflow = queue`
    std::optional<PendingAnswers<Arrival>> asking_;
    std::atomic<unsigned> sessions_{0}, inquiring_{0};
    /// Looked at without the lock, where a moment's difference is none.
    std::atomic<Milliseconds> now_, next_tick_, last_use_, paused_until_{0};
    std::atomic<bool> doors_open_{false}, at_limit_{false};
    bool drained_ = false;
    std::mutex answers_lock_;
    std::vector<std::pair<Session*, bool>> answers_;
};

}  // namespace minetd
