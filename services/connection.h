// SPDX-License-Identifier: ISC
// One accepted connection as a handler sees it: bytes in, bytes and files out, and a place for its
// own state. It does no input or output itself; the driver fills and drains it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/os/socket_address.h"
#include "services/byte_queue.h"
#include "services/output_queue.h"

namespace minetd {

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
    /// Queues `length` bytes of a file from `offset` on, behind what is queued already. They are
    /// read when they are sent: a file that has become shorter by then breaks the connection off,
    /// since the length was promised. A few KB are cheaper as bytes.
    void send_file(std::shared_ptr<const UniqueFd> file, off_t offset, std::uint64_t length) {
        output_.append({std::move(file), offset, length});
    }
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
    /// Seconds that the connection may wait in any phase, in place of the service's deadlines; 0:
    /// for ever.
    void set_idle_timeout(unsigned seconds) noexcept { idle_timeout_ = seconds; }
    /// A request was taken whole. A handler that never says so, nor in_request(), is taken to have
    /// taken one where a step leaves an empty input.
    void count_request() noexcept {
        tells_requests_ = true;
        ++requests_;
    }
    /// Whether a request has begun that is not whole yet, though its beginning may have been
    /// consumed: its time runs on, whatever trickles in.
    void in_request(bool begun) noexcept {
        tells_requests_ = true;
        in_request_ = begun;
    }
    /// Gives the connection to another service of the same daemon, by name (tcpmux). The handler
    /// then returns Next::close; the driver hands the socket to the superdaemon, which decides by
    /// its own table. If it declines, on_input() is called once more with pass_declined() true.
    void pass_to(std::string_view service) { pass_to_ = service; }
    bool pass_declined() const noexcept { return pass_declined_; }

    // -- for the driver
    ByteQueue& input_queue() noexcept { return input_; }
    OutputQueue& output_queue() noexcept { return output_; }
    void end_input() noexcept { input_ended_ = true; }
    std::size_t read_ahead() const noexcept { return read_ahead_; }
    std::optional<unsigned> idle_timeout() const noexcept { return idle_timeout_; }
    bool tells_requests() const noexcept { return tells_requests_; }
    std::uint64_t requests() const noexcept { return requests_; }
    bool is_in_request() const noexcept { return in_request_; }
    const std::string& passed_to() const noexcept { return pass_to_; }
    void decline_pass() noexcept {
        pass_to_.clear();
        pass_declined_ = true;
    }

  private:
    SocketAddress peer_, local_;
    ByteQueue input_;
    OutputQueue output_;
    std::shared_ptr<void> state_;
    std::string pass_to_;
    std::size_t read_ahead_ = 64 * 1024;
    std::optional<unsigned> idle_timeout_;
    bool input_ended_ = false;
    bool pass_declined_ = false;
    bool tells_requests_ = false, in_request_ = false;
    std::uint64_t requests_ = 0;
};

}  // namespace minetd
