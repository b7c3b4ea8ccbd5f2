// SPDX-License-Identifier: ISC
// One connection served by a handler: moves its bytes and takes its steps as far as they go without
// waiting. The socket itself stays as it was accepted, blocking: it may yet be a program's
// (tcpmux).
#pragma once

#include "daemon/os/unique_fd.h"
#include "mpm/conversation.h"
#include "services/handler.h"

namespace minetd {

class StreamSession final : public Conversation {
  public:
    /// `handler` and `deadlines` are borrowed.
    StreamSession(UniqueFd socket, const SocketAddress& peer, const SocketAddress& local,
                  Handler& handler, const Deadlines& deadlines);

    /// A blocking handler serves all of the connection within this call; what is left is to flush
    /// and to linger.
    Wants begin() noexcept override;
    Wants resume() noexcept override;
    /// What the peer has not taken is not kept for it, not even by the kernel.
    Wants time_over() noexcept override;
    void interrupt() noexcept override;
    bool await_input() noexcept override;
    Wants proceed() noexcept override;
    Wants declined() noexcept override;

    int fd() const noexcept override { return socket_.get(); }
    const Connection& connection() const noexcept override { return connection_; }
    Phase phase() const noexcept override;
    Milliseconds limit() const noexcept override;
    bool has_own_limit() const noexcept override { return connection_.idle_timeout().has_value(); }
    std::uint64_t progress() const noexcept override;
    std::uint64_t requests() const noexcept override {
        return connection_.tells_requests() ? connection_.requests() : requests_;
    }
    /// Bytes that the handler was given, and that it sent.
    Traffic traffic() const noexcept override { return traffic_; }

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
    Traffic traffic_;
    std::uint64_t requests_ = 0;  ///< as far as the input shows
    Next next_ = Next::read;
    bool owing_ = false;  ///< on_drained() is due once all is sent
    bool lingering_ = false;
    bool emptied_ = false;  ///< the last read took all there was
    bool timed_ = false;    ///< the socket has the receive timeout of the keep-alive phase
    bool broken_ = false;   ///< the peer is gone; nothing more can be said to it
};

}  // namespace minetd
