// SPDX-License-Identifier: ISC
// rpcbind(8), told through its local socket where RPC programs listen (RFC 1833, rpcb_set in
// rpc(3)). Calls wait for it, for a minute at the worst: not for a process that serves.
#pragma once

#include <cstdint>
#include <string>

#include "daemon/os/socket_address.h"

namespace minetd::rpcbind {

/// minetd was built with libtirpc; nothing below does anything otherwise.
bool available() noexcept;

/// One version of a program, and how it is reached: "tcp", "udp", "tcp6" or "udp6".
struct Program {
    std::uint32_t number = 0, version = 0;
    std::string network;
    bool operator==(const Program&) const = default;
};

/// True when it is registered at this address now, or was so already. False where rpcbind is not
/// there, or somebody else's registration is; `reason` says which.
bool set(const Program& program, const SocketAddress& address, std::string& reason);
/// Takes a registration of this user's back.
void unset(const Program& program);

}  // namespace minetd::rpcbind
