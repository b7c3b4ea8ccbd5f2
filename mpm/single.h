// SPDX-License-Identifier: ISC
// One process, one thread, all connections: how a builtin on a `nowait` line is served, without a
// fork per connection and outside the root process. It ends when it has had nothing to do for a
// while; its parent watches the sockets again and starts the next one on first use.
#pragma once

#include "mpm/server_seat.h"

namespace minetd {

/// Its scoreboard: one server; as many threads as a handler that may block is ever given.
inline constexpr BoardSize single_board{.servers = 1, .threads = 256};

/// Serves until the parent says drain or is gone, or until idle; returns the exit status.
int serve_single(ServerSeat seat);

}  // namespace minetd
