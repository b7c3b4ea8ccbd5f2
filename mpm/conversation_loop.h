// SPDX-License-Identifier: ISC
// One thread that accepts a connection and serves it to its end before the next: the whole of a
// prefork server, and each thread of a worker. As nothing is accepted without the thread to serve
// it, what cannot be served waits in the kernel's queue, where another server may take it.
#pragma once

#include <optional>

#include "mpm/datagram_server.h"
#include "mpm/serving_process.h"
#include "mpm/session_clock.h"

namespace minetd {

class ConversationLoop {
  public:
    /// Told when the thread becomes busy or idle. A thread that is `leave` ends.
    struct Watcher {
        virtual ~Watcher() = default;
        virtual void busy() noexcept = 0;
        /// False: there are enough without this thread, and it is to go.
        virtual bool idle() noexcept = 0;
        /// A semaphore whose units each send one idle thread home; -1: none.
        virtual int leave_fd() const noexcept = 0;
    };

    /// `hears_parent`: this thread reads the control channel. Throws std::system_error.
    ConversationLoop(ServingProcess& process, unsigned thread, bool hears_parent,
                     Watcher* watcher = nullptr);

    /// Until the process drains or this thread is sent home.
    void run() noexcept;

  private:
    using Wants = Conversation::Wants;

    void serve_from(const ListeningSocket& socket) noexcept;
    void settle_datagrams() noexcept;
    void serve(UniqueFd connection, const SocketAddress& peer,
               const ListeningSocket& socket) noexcept;
    void converse(Conversation& session) noexcept;
    bool wait_for(const Conversation& session, Wants wants, SessionClock& clock) noexcept;
    bool admitted(int connection, const SocketAddress& peer, Claim& claim) noexcept;
    Wants pass(Conversation& session) noexcept;
    void set_state(WorkerState state) noexcept;
    void begin_step() noexcept;
    void end_step() noexcept;
    void become_busy() noexcept;
    void become_idle() noexcept;
    bool leaves() noexcept;

    ServingProcess& process_;
    const ServiceSpec& spec_;
    unsigned thread_;
    bool hears_parent_;
    Watcher* watcher_;
    Scoreboard::ThreadLine& line_;
    std::optional<DatagramServer> datagrams_;  ///< where the service has any
    EpollSet epoll_;
    unsigned take_ = 1;  ///< connections to take in one turn; grows while they keep coming
    bool leaving_ = false;
};

}  // namespace minetd
