// SPDX-License-Identifier: ISC
// A server with many threads, each of which serves one connection at a time to its end (Apache's
// worker MPM). The number of threads is fixed (worker) or follows the load between bounds, as in
// Apache's perchild, netware and winnt MPMs (perchild, threads).
#pragma once

#include "mpm/serving_process.h"

namespace minetd {

/// How many threads a server has. Fixed: `start` and `most` are the same, and no spare is counted.
struct ThreadLimits {
    unsigned start, most, min_spare, max_spare;
    bool floats() const noexcept { return start != most; }
};

/// The serve loop of a server; returns the exit status. Throws std::exception before it serves.
int serve_worker(ServerSeat seat);

/// The same for a process that is no pool's.
int serve_threads(ServingProcess& process, const ThreadLimits& limits);

}  // namespace minetd
