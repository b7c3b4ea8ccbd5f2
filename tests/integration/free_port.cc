// SPDX-License-Identifier: ISC
#include "tests/integration/free_port.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <stdexcept>

#include "daemon/os/socket_address.h"
#include "daemon/os/unique_fd.h"
#include "tests/integration/client.h"

namespace minetd {
namespace {

bool can_bind(int family, int type, std::uint16_t port) {
    const UniqueFd fd(socket(family, type | SOCK_CLOEXEC, 0));
    if (!fd) return errno == EAFNOSUPPORT;
    const SocketAddress any = address_of(family == AF_INET ? "0.0.0.0" : "::", port);
    const int yes = 1;
    if (family == AF_INET6) setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes);
    return bind(fd.get(), any.raw(), any.length) == 0;
}

}  // namespace

std::uint16_t free_port() {
    // Each process begins elsewhere and never takes a port twice, so that tests which run side by
    // side seldom meet.
    static std::atomic<unsigned> next{static_cast<unsigned>(getpid()) * 97U};
    for (int tries = 0; tries < 20'000; ++tries) {
        const auto port = static_cast<std::uint16_t>(12'000 + next++ % 20'000);
        if (can_bind(AF_INET, SOCK_STREAM, port) && can_bind(AF_INET6, SOCK_STREAM, port) &&
            can_bind(AF_INET, SOCK_DGRAM, port) && can_bind(AF_INET6, SOCK_DGRAM, port))
            return port;
    }
    throw std::runtime_error("no free port");
}

}  // namespace minetd
