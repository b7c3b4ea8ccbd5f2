// SPDX-License-Identifier: ISC
#include "tests/integration/free_port.h"

#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

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

constexpr unsigned first_port = 12'000, block_size = 250, blocks = 80;

/// Test programs run side by side, and a port is used only some time after it was found free: each
/// process takes its ports from blocks that it has alone, by a name in the kernel, to its end.
class Blocks {
  public:
    std::uint16_t next() {
        const std::lock_guard held(lock_);
        if (used_ == block_size) claim();
        return static_cast<std::uint16_t>(first_port + own_[at_].number * block_size + used_++);
    }

  private:
    struct Block {
        unsigned number;
        UniqueFd name;
    };

    void claim() {
        used_ = 0;
        for (unsigned i = 0; i < blocks; ++i) {
            const unsigned number = (static_cast<unsigned>(getpid()) + i) % blocks;
            UniqueFd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
            const SocketAddress name =
                address_of_path("@minetd-test-ports-" + std::to_string(number));
            if (bind(fd.get(), name.raw(), name.length) < 0) continue;
            own_.push_back({number, std::move(fd)});
            at_ = own_.size() - 1;
            return;
        }
        if (own_.empty()) throw std::runtime_error("no free block of ports");
        at_ = (at_ + 1) % own_.size();
    }

    std::mutex lock_;
    std::vector<Block> own_;
    std::size_t at_ = 0;
    unsigned used_ = block_size;  ///< of the block at_
};

}  // namespace

std::uint16_t free_port() {
    static Blocks ports;
    for (int tries = 0; tries < 20'000; ++tries) {
        const std::uint16_t port = ports.next();
        if (can_bind(AF_INET, SOCK_STREAM, port) && can_bind(AF_INET6, SOCK_STREAM, port) &&
            can_bind(AF_INET, SOCK_DGRAM, port) && can_bind(AF_INET6, SOCK_DGRAM, port))
            return port;
    }
    throw std::runtime_error("no free port");
}

}  // namespace minetd
