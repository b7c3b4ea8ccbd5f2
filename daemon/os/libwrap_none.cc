// SPDX-License-Identifier: ISC
#include "daemon/os/libwrap.h"

namespace minetd::libwrap {

bool available() noexcept {
    return false;
}

bool admits(const std::string&, const SocketAddress&, const SocketAddress&) {
    return false;
}

}  // namespace minetd::libwrap
