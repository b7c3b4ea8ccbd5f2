// SPDX-License-Identifier: ISC
// The sockets of one service, open for as long as the service exists. An address that cannot be
// bound is tried again, ever more slowly, while the others are served.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/inheritance.h"
#include "daemon/os/event_loop.h"
#include "daemon/os/log_sink.h"
#include "daemon/os/socket.h"
#include "mpm/dispatcher.h"

namespace minetd {

class ServiceSockets {
  public:
    using Log = std::function<void(Level, const std::string&)>;
    /// Uses what is inherited for the service and opens what else can be opened; problems are
    /// logged, never thrown. `opened` is called whenever a socket could be opened later.
    ServiceSockets(EventLoop& loop, std::shared_ptr<const ServiceSpec> spec, Log log,
                   std::function<void()> opened, Inheritance& inheritance);
    ~ServiceSockets();
    ServiceSockets(const ServiceSockets&) = delete;
    ServiceSockets& operator=(const ServiceSockets&) = delete;

    /// A reload kept the address: from now on for this specification, and this listener.
    void rename(std::shared_ptr<const ServiceSpec> spec, std::function<void()> opened);
    std::vector<ListeningSocket> sockets() const;
    /// For the image that comes after an upgrade in place: its Inheritance gives them back to us.
    std::vector<HandedSocket> hand_over() const;
    std::size_t missing() const noexcept { return missing_.size(); }
    /// Tries now to open what is missing: an address may have become free.
    void retry() noexcept;
    /// Some of them were bound by us now, not inherited.
    bool has_bound() const noexcept { return bound_; }

    /// What comes to its end. A service's sockets end with it, but those of another, which wait for
    /// the next service. A daemon's end leaves those that a service manager keeps, too, to who
    /// comes next.
    enum class End { of_service, of_daemon };
    /// Nobody new gets into the queues of those that end. Who is there can still be served.
    void close_to_new(End end) noexcept;
    /// Somebody waits in such a queue. Where others can still get in, for a second at most.
    bool are_awaited() const noexcept;
    /// After close_to_new(): nobody listens on those that end any longer, whoever holds them.
    void close() noexcept;

  private:
    struct Open {
        UniqueFd fd;
        SocketAddress address;
        std::string host;  ///< of spec.bind
        bool specific = false;
        ino_t inode = 0;  ///< of a unix socket's path: only what we made is removed
        dev_t device = 0;
        std::string name;  ///< its owner's, or the one it is kept by; empty: nobody keeps it
        bool foreign = false;
        bool named = false;      ///< its owner named this service for it
        bool door_shut = false;  ///< nobody new gets in
    };
    struct Wanted {
        std::string host;  ///< of spec.bind; resolved at every try
        std::string problem;
    };
    bool try_open(Wanted& wanted);
    void open_all(const SocketAddress& address, const std::string& host);
    bool have(const SocketAddress& address, const std::string& host) const;
    void open_one(const SocketAddress& address, const std::string& host,
                  const SocketOptions& options);
    void take(std::vector<InheritedSocket> inherited, const std::string& host = {});
    void prepare(const Open& socket, const SocketOptions& options);
    void remove_path(Open& socket) noexcept;
    bool accepts_here() const noexcept;
    bool ends(const Open& socket) const noexcept;

    std::shared_ptr<const ServiceSpec> spec_;
    Log log_;
    std::function<void()> opened_;
    Inheritance& inheritance_;
    std::size_t stored_ = 0;  ///< numbers given so far
    bool bound_ = false;
    std::vector<Open> open_;
    std::vector<Wanted> missing_;
    Timer retry_;
    Milliseconds delay_ = 0;
    std::optional<End> end_;
    Milliseconds patience_ends_ = 0;
};

}  // namespace minetd
