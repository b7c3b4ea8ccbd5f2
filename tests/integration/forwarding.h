// SPDX-License-Identifier: ISC
// Services that forward, one under each MPM, and where they forward to.
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <string>

#include "daemon/os/unique_fd.h"
#include "tests/integration/client.h"

namespace minetd {

/// Every way in which a connection can be forwarded; the services are called by them.
inline constexpr const char* forwarding_mpms[] = {"nowait", "prefork", "worker",
                                                  "event",  "threads", "perchild"};

/// For DaemonUnderTest: all forward to the port `to` of `host`. `{to}` sends back what it
/// receives; any other port, as `{other}`, is nobody's.
std::string forwarding(const std::string& attributes = {}, const std::string& to = "{to}",
                       const std::string& host = "127.0.0.1");

template <class Body>
void for_each_mpm(Body&& body) {
    for (const char* mpm : forwarding_mpms) {
        CAPTURE(std::string(mpm));
        body(std::string(mpm));
    }
}

/// One connection at a time, on a port of its own.
class Destination {
  public:
    explicit Destination(std::uint16_t port, const char* host = "127.0.0.1", int backlog = 8);
    UniqueFd accept(SocketAddress& peer);

  private:
    UniqueFd fd_;
};

/// What comes until it has `size` bytes, or the end.
std::string receive(const UniqueFd& fd, std::size_t size);

}  // namespace minetd
