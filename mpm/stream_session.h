// SPDX-License-Identifier: ISC
// One connection served by a handler: moves its bytes and takes its steps as far as they go without
// waiting, and says what to wait for. Whoever waits (poll in prefork, epoll in an event-driven
// process) and whoever keeps the time is not this file's matter. The socket itself stays as it was
// accepted, blocking: it may yet be a program's (tcpmux).
#pragma once

#include "daemon/os/unique_fd.h"
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

    StreamSession(UniqueFd socket, const SocketAddress& peer, const SocketAddress& local,
                  Handler& handler, unsigned idle_timeout);

    Wants begin() noexcept;
    /// The socket is ready for what was wanted (or simply try).
    Wants resume() noexcept;
    /// Waits for input itself, as long as the receive timeout allows; for a process that serves
    /// nobody else. The timeout is set once, by the idle timeout.
    Wants await_input() noexcept;
    /// All is said; only the peer's end is waited for, and not for long.
    bool lingering() const noexcept { return lingering_; }
    void set_receive_timeout() noexcept;
    /// The connection could not be passed on: the handler has a word to say.
    Wants declined() noexcept;

    int fd() const noexcept { return socket_.get(); }
    const Connection& connection() const noexcept { return connection_; }
    /// Seconds without progress after which to give up; 0: never.
    unsigned timeout() const noexcept;

  private:
    Wants advance() noexcept;
    bool flush() noexcept;
    /// False when nothing could be read now.
    bool fill() noexcept;
    bool fill_by(int flags) noexcept;
    void step(Next next) noexcept;
    Wants linger() noexcept;

    UniqueFd socket_;
    Connection connection_;
    Handler& handler_;
    Next next_ = Next::read;
    bool owing_ = false;  ///< on_drained() is due once all is sent
    bool lingering_ = false;
    bool broken_ = false;  ///< the peer is gone; nothing more can be said to it
};

}  // namespace minetd
