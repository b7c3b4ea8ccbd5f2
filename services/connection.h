// SPDX-License-Identifier: ISC
// One accepted connection as a handler sees it: bytes in, bytes out, and a place for its own
// state. It does no input or output itself; the driver fills and drains it.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/os/socket_address.h"

namespace minetd {

/// Bytes in order, taken from the front. Consuming moves no bytes until the buffer is reused.
class ByteQueue {
  public:
    ByteQueue() = default;
    ByteQueue(ByteQueue&& other) noexcept { swap(other); }
    ByteQueue& operator=(ByteQueue&& other) noexcept {
        ByteQueue(std::move(other)).swap(*this);
        return *this;
    }

    bool empty() const noexcept { return begin_ == end_; }
    std::size_t size() const noexcept { return end_ - begin_; }
    std::string_view view() const noexcept { return {bytes_.get() + begin_, size()}; }
    /// Copies `bytes`, which must not lie in this queue.
    void append(std::string_view bytes);
    void consume(std::size_t count) noexcept;
    void clear() noexcept { begin_ = end_ = 0; }
    /// Room for at least `count` bytes at the end; commit() says how many were written there.
    char* reserve(std::size_t count);
    void commit(std::size_t count) noexcept;
    /// Gives the memory back when nothing is held: a parked connection costs no buffer.
    void shrink() noexcept;
    void swap(ByteQueue& other) noexcept;

  private:
    std::unique_ptr<char[]> bytes_;
    std::size_t capacity_ = 0, begin_ = 0, end_ = 0;
};

class Connection {
  public:
    Connection(const SocketAddress& peer, const SocketAddress& local)
        : peer_(peer), local_(local) {}

    const SocketAddress& peer() const noexcept { return peer_; }
    const SocketAddress& local() const noexcept { return local_; }

    // -- for the handler
    std::string_view input() const noexcept { return input_.view(); }
    void consume(std::size_t count) noexcept { input_.consume(count); }
    /// The peer has sent its last byte; what it said before may still be in input().
    bool input_ended() const noexcept { return input_ended_; }
    /// Queues bytes for the peer (a copy).
    void send(std::string_view bytes) { output_.append(bytes); }
    std::size_t owed() const noexcept { return output_.size(); }

    /// The handler's state for this connection, made at first use.
    template <class State>
    State& state() {
        if (!state_) state_ = std::shared_ptr<void>(std::make_shared<State>());
        return *static_cast<State*>(state_.get());
    }

    /// The driver reads at most this many bytes ahead of the handler (default 64 KiB). A handler
    /// that passes its connection on sets 1, so that nothing of the next reader's is eaten.
    void set_read_ahead(std::size_t bytes) noexcept { read_ahead_ = bytes; }
    /// Seconds without progress after which the driver closes; 0: never. Default: idle_timeout.
    void set_idle_timeout(unsigned seconds) noexcept { idle_timeout_ = seconds; }
    /// Gives the connection to another service of the same daemon, by name (tcpmux). The handler
    /// then returns Next::close; the driver hands the socket to the superdaemon, which decides by
    /// its own table. If it declines, on_input() is called once more with pass_declined() true.
    void pass_to(std::string_view service) { pass_to_ = service; }
    bool pass_declined() const noexcept { return pass_declined_; }

    // -- for the driver
    ByteQueue& input_queue() noexcept { return input_; }
    ByteQueue& output_queue() noexcept { return output_; }
    void end_input() noexcept { input_ended_ = true; }
    std::size_t read_ahead() const noexcept { return read_ahead_; }
    unsigned idle_timeout() const noexcept { return idle_timeout_; }
    const std::string& passed_to() const noexcept { return pass_to_; }
    void decline_pass() noexcept {
        pass_to_.clear();
        pass_declined_ = true;
    }

  private:
    SocketAddress peer_, local_;
    ByteQueue input_, output_;
    std::shared_ptr<void> state_;
    std::string pass_to_;
    std::size_t read_ahead_ = 64 * 1024;
    unsigned idle_timeout_ = 300;
    bool input_ended_ = false;
    bool pass_declined_ = false;
};

}  // namespace minetd
