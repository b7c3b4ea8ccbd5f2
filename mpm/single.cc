// SPDX-License-Identifier: ISC
#include "mpm/single.h"

#include <sysexits.h>

#include "mpm/poller.h"
#include "mpm/worker.h"

namespace minetd {
namespace {

constexpr Milliseconds idle_life = 30'000;  // without any connection

}  // namespace

int serve_single(ServerSeat seat) {
    ServingProcess process(std::move(seat), single_board.threads);
    if (!process.traits().never_blocks || process.traits().blocking) {
        // Whoever blocks needs a thread for each of its clients, as inetd would start a process.
        const ThreadLimits limits{
            .start = 1, .most = single_board.threads, .min_spare = 2, .max_spare = 8};
        return serve_threads(process, limits);
    }
    Capacity capacity(process, 1, 0);
    Poller poller(process, capacity, false, true);
    process.seat().scoreboard->idle(process.seat().slot);
    process.reporter().ready();
    poller.run(0, idle_life);
    process.reporter().finish();
    return EX_OK;
}

}  // namespace minetd
