// SPDX-License-Identifier: ISC
// The sockets of one service, open for as long as the service exists. An address that cannot be
// bound is tried again, ever more slowly, while the others are served.
#pragma once

#include <functional>
#include <memory>
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
    /// Some of them were bound by us now, not inherited.
    bool has_bound() const noexcept { return bound_; }
    /// The service is no more: nobody listens on our sockets any longer, whoever holds them, and a
    /// path goes with its socket. Those of another wait for the next service.
    void close() noexcept;
    /// We are no more: what a service manager keeps, or owns, stays open for who comes next.
    void leave() noexcept;

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
        bool named = false;  ///< its owner named this service for it
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
    void retry() noexcept;

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
};

}  // namespace minetd
