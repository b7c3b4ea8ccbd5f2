// SPDX-License-Identifier: ISC
// What a service inside our own processes is: a step, never a loop, so that one implementation
// runs unchanged in every MPM. The driver (mpm/) owns the socket, the waiting and the clock.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "daemon/os/log_sink.h"
#include "services/blocking_stream.h"
#include "services/connection.h"
#include "services/datagram.h"

namespace minetd {

class Destination;

/// What the connection waits for next. The driver sends output as the peer takes it in every state.
enum class Next : std::uint8_t {
    /// More input; with an empty input and nothing owed this is the request boundary, unless the
    /// handler said Connection::in_request(). After the end of the input nothing more can come, and
    /// it means `close`.
    read,
    /// The output to be sent; nothing is read until then, so that the peer feels the pressure.
    write,
    /// Nothing: flush what is owed, linger, close. No step follows (but see Connection::pass_to).
    close,
};

/// What a handler declares about itself; the configuration and the drivers go by it.
struct HandlerTraits {
    bool stream = true;               ///< serves connections
    bool datagram = false;            ///< serves datagrams
    bool thread_safe = true;          ///< steps of different connections may run at once
    bool never_blocks = true;         ///< a step only computes; it may run on the polling thread
    bool client_speaks_first = true;  ///< nothing happens before the first input
    bool blocking = false;            ///< serves a whole connection in serve(), on its thread
    /// Between two requests the connection is closed when its server is to go, in place of waiting
    /// for it: its client knows how to come back (HTTP).
    bool evictable = false;
    bool shows_boards = false;  ///< is told of all services' scoreboards (ServiceContext::status)
    /// Seconds that the driver waits for the first byte of a next request, and for a request to be
    /// whole once it has begun; 0: the service's idle_timeout.
    unsigned keep_alive_timeout = 0, request_timeout = 0;
    bool silent = false;  ///< never answers a datagram: no peer can be made to hear from it
};

/// Serves connections or datagrams. One object serves all connections of a process, so it keeps
/// nothing about any of them: that lives in Connection::state(). Steps do not throw.
class Handler {
  public:
    virtual ~Handler() = default;

    /// What make_handler() found out; the defaults until then.
    const HandlerTraits& traits() const noexcept { return traits_; }

    /// The connection was accepted.
    virtual Next on_open(Connection&) noexcept { return Next::read; }
    /// There are more bytes in connection.input(), or connection.input_ended() became true.
    virtual Next on_input(Connection& connection) noexcept = 0;
    /// All output has been sent: called each time what was owed after a step has gone, whether that
    /// step returned `read` or `write`. A service that never stops sending queues its next piece
    /// here.
    virtual Next on_drained(Connection&) noexcept { return Next::read; }

    /// Serves a connection from its first byte to its last, in place of the three steps above,
    /// where traits().blocking. The driver lingers and closes.
    virtual void serve(BlockingStream&) noexcept {}

    /// Where the driver forwards the connection to, byte by byte in both directions, in place of
    /// taking any step of it; null where the handler serves it.
    virtual Destination* destination() noexcept { return nullptr; }

    /// One datagram arrived; datagram.reply() is what goes back. No reply is a good answer.
    virtual void on_datagram(Datagram&) noexcept {}

    /// Said once, before the handler serves anything.
    void declare(const HandlerTraits& traits) noexcept { traits_ = traits; }

  private:
    HandlerTraits traits_;
};

/// What a process that runs a handler knows of its service; it outlives the handler.
struct ServiceContext;

/// Where a handler says what its admin should know; for any thread.
using LogLine = std::function<void(Level, std::string_view)>;

/// One row of the table of builtins.
struct Builtin {
    std::string_view name;
    HandlerTraits traits;
    std::unique_ptr<Handler> (*make)(const ServiceContext&);
    std::string_view help;
};

}  // namespace minetd
