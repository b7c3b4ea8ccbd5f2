// SPDX-License-Identifier: ISC
// avahi-daemon(8), told over the system's message bus what it shall announce on the local network
// (RFC 6762, RFC 6763) for as long as this process is there. Calls wait for its answers: not for a
// process that serves.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/os/clock.h"
#include "daemon/os/log_sink.h"

namespace minetd::avahi {

/// minetd was built with libavahi-client; nothing below does anything otherwise.
bool available() noexcept;

/// Where it is announced: an interface by index, 0 for all; AF_INET, AF_INET6, or AF_UNSPEC for
/// both.
struct Scope {
    unsigned interface = 0;
    int family = 0;
    auto operator<=>(const Scope&) const = default;
};

struct Service {
    std::string name;  ///< `%h` in it is the host's name, `%%` a `%`
    std::string type;  ///< `_http._tcp`
    std::uint16_t port = 0;
    std::vector<Scope> scopes;  ///< that have nothing in common
    auto operator<=>(const Service&) const = default;
};

/// Announces services, under other names where theirs are taken, and again whenever avahi-daemon or
/// the message bus comes back.
class Publisher {
  public:
    using Say = std::function<void(Level, const std::string&)>;
    explicit Publisher(Say say);
    ~Publisher();
    Publisher(const Publisher&) = delete;
    Publisher& operator=(const Publisher&) = delete;

    /// Exactly these from now on; those that were among the last ones stay as they are. What could
    /// not be announced is tried again.
    void publish(const std::vector<Service>& all);
    /// Until `fd` can be read or the time is over: hears avahi-daemon.
    void wait(int fd, Milliseconds most);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace minetd::avahi
