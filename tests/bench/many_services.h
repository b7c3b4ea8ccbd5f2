// SPDX-License-Identifier: ISC
// What a file of thousands of services costs: to start, to reload unchanged, to hold, and to do
// nothing with.
#pragma once

#include <chrono>
#include <string>

#include "tests/bench/servers.h"

namespace minetd::bench {

struct ManyServices {
    unsigned services = 5000;
    unsigned reloads = 3;
    double idle_seconds = 5;
    double load_seconds = 0.6;  ///< of the static program at 16 clients, beside all the others
};

/// The table, a row per server that can be given such a file. `failed` is set when minetd was not
/// right.
std::string many_services_table(const Site&, const ManyServices&, bool& failed);

}  // namespace minetd::bench
