// SPDX-License-Identifier: ISC
// wrk, a client that asks for the same file again and again on persistent connections.
#pragma once

#include "tests/bench/cpu_account.h"
#include "tests/bench/rounds.h"

namespace minetd::bench {

/// Asks for /index.html. Before that, a few clients of ours compare every byte of it, and what they
/// find wrong is in the sample's errors, for wrk looks at the status only. wrk counts whole
/// seconds: `measured` is rounded up. Throws std::runtime_error when wrk is not there.
Sample run_wrk(const Site&, const Launch&, const CpuAccount&, unsigned clients, double measured);

}  // namespace minetd::bench
