// SPDX-License-Identifier: ISC
// A server that holds many connections and spends a thread on none that waits (Apache's event MPM).
// A handler whose steps never block is stepped by the threads that poll, as many as there are
// processors; one that may block gets one of threads_per_child threads for its request.
#pragma once

#include "mpm/server_seat.h"

namespace minetd {

/// The serve loop of a server; returns the exit status. Throws std::exception before it serves.
int serve_event(ServerSeat seat);

}  // namespace minetd
