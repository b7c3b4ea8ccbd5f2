// SPDX-License-Identifier: ISC
// One connection served by a handler: moves its bytes and takes its steps as far as they go without
// waiting, and says what to wait for. Whoever waits (poll in prefork, epoll in an event-driven
// process) and whoever keeps the time is not this file's matter. The socket itself stays as it was
// accepted, blocking: it may yet be a program's (tcpmux).
#pragma once

#include "daemon/os/unique_fd.h"
#include "mpm/deadlines.h"
#include "services/handler.h"

namespace minetd {

class StreamSession {
  public:
    enum class Wants : std::uint8_t {
        input,
        output,
        both,
        passing,  ///< the connection is for another service: see connection().passed_to()
        end,
    };

    /// `handler` and `deadlines` are borrowed.
    StreamSession(UniqueFd socket, const SocketAddress& peer, const SocketAddress& local,
                  Handler& handler, const Deadlines& deadlines);

    /// A blocking handler serves all of the connection within this call; what is left is to flush
    /// and to linger.
    Wants begin() noexcept;
    /// The socket is ready for what was wanted (or simply try).
    Wants resume() noexcept;
    /// Waits for input itself, as long as the keep-alive deadline allows; for a thread that serves
    /// nobody else. True: proceed() with what came. False: it is over.
    bool await_input() noexcept;
    Wants proceed() noexcept;
    /// The connection could not be passed on: the handler has a word to say.
    Wants declined() noexcept;

    /// Its time is over: what the peer has not taken is not kept for it, not even by the kernel.
    void abandon() noexcept;

    int fd() const noexcept { return socket_.get(); }
    const Connection& connection() const noexcept { return connection_; }
    /// What it waits for now, as long as it wants input or output.
    Phase phase() const noexcept;
    /// Milliseconds that this phase may last; 0: for ever.
    Milliseconds limit() const noexcept;
    /// Changes with whatever restarts the time of the phase: progress, not mere activity.
    std::uint64_t progress() const noexcept;
    /// Requests that were taken whole, and bytes that were sent.
    std::uint64_t requests() const noexcept { return requests_; }
    std::uint64_t sent() const noexcept { return sent_; }

  private:
    Wants advance() noexcept;
    bool flush() noexcept;
    /// False when nothing could be read now.
    bool fill() noexcept;
    bool fill_by(int flags) noexcept;
    void step(Next next) noexcept;
    void step_input() noexcept;
    Wants linger() noexcept;
    Wants serve_to_the_end() noexcept;

    UniqueFd socket_;
    Connection connection_;
    Handler& handler_;
    const Deadlines& deadlines_;
    std::uint64_t received_ = 0, sent_ = 0, requests_ = 0;
    Next next_ = Next::read;
    bool owing_ = false;  ///< on_drained() is due once all is sent
    bool lingering_ = false;
    bool emptied_ = false;  ///< the last read took all there was
    bool timed_ = false;    ///< the socket has the receive timeout of the keep-alive phase
    bool broken_ = false;   ///< the peer is gone; nothing more can be said to it
};

}  // namespace minetd
