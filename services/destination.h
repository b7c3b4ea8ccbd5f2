// SPDX-License-Identifier: ISC
// Where connections are forwarded to: the addresses behind a host and a port. A name is looked up
// on a thread of its own, again and again as time passes; a slow resolver holds up nobody but those
// who come before its first answer.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/config/admission_spec.h"
#include "daemon/os/clock.h"
#include "daemon/os/socket_address.h"

namespace minetd {

/// One for a process, for all of its threads.
class Destination {
  public:
    /// Blocks as long as the resolver does; throws std::exception with its reason.
    using Lookup = std::function<std::vector<SocketAddress>()>;

    /// Addresses of the family of `redirect.source`, where that is said. Throws std::runtime_error
    /// when the port has no number.
    explicit Destination(const Redirect& redirect);
    Destination(std::string name, Lookup lookup);
    ~Destination();
    Destination(const Destination&) = delete;
    Destination& operator=(const Destination&) = delete;

    struct Answer {
        std::vector<SocketAddress> addresses;  ///< to be tried in this order
        std::string problem;                   ///< why there are none
    };
    /// What is known. Nothing: it is being looked up.
    std::optional<Answer> ask(Milliseconds now);
    /// The eventfd(2) is written to when the lookup has ended, at once where none is under way. It
    /// stays open until then or until forget().
    void await(int waker);
    void forget(int waker) noexcept;
    /// This address did not take a connection: it is tried after the others until the next lookup.
    void demote(const SocketAddress& address) noexcept;

    /// As messages call it: `host:port`.
    const std::string& name() const noexcept { return name_; }

    /// From then on the next one who asks causes another lookup, and is told what is known.
    static constexpr Milliseconds fresh = 30'000;
    /// From then on what is known is not told any more before it was looked up again.
    static constexpr Milliseconds stale = 300'000;
    /// A lookup that failed is tried again after that.
    static constexpr Milliseconds retry = 1'000;

  private:
    struct State;
    static void look_up(const std::shared_ptr<State>& state) noexcept;

    std::string name_;
    std::shared_ptr<State> state_;  ///< of a lookup too, which may outlive us
};

}  // namespace minetd
