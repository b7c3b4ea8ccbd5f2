// SPDX-License-Identifier: ISC
// Built instead of rpcbind.cc where libtirpc is not wanted.
#include "daemon/os/rpcbind.h"

namespace minetd::rpcbind {

bool available() noexcept {
    return false;
}
bool set(const Program&, const SocketAddress&, std::string& reason) {
    reason = "this minetd was built without libtirpc";
    return false;
}
void unset(const Program&) {}

}  // namespace minetd::rpcbind
