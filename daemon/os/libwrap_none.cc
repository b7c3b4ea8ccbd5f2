// SPDX-License-Identifier: ISC
#include "daemon/os/libwrap.h"

namespace minetd::libwrap {

bool available() noexcept {
    return false;
}

Opinion opinion(const std::string&, const SocketAddress&, const SocketAddress&) {
    return {};
}

}  // namespace minetd::libwrap
