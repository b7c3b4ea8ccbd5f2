// SPDX-License-Identifier: ISC
// A closed loop of clients on one thread: each starts its next exchange when the last one has
// ended. Every reply is checked byte by byte.
#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <string>

#include "tests/bench/cpu_account.h"
#include "tests/bench/latency.h"

namespace minetd::bench {

enum class Exchange {
    expect,     ///< connect, read until the end, compare with `expected`
    echo,       ///< connect, send a line, read it back, close
    keepalive,  ///< the same without the connect and the close
    hold,       ///< connect, send a line, read it back, keep the connection open: one exchange per
                ///< client
};

struct Load {
    sockaddr_in server{};
    Exchange exchange = Exchange::expect;
    std::string expected = "ok\n";
    unsigned clients = 1;
    /// Clients connect from 127.0.1.1 to 127.0.1.250 in turn, so that ports do not run out; false:
    /// from 127.0.0.1, which every resolver knows.
    bool many_sources = true;
    double warm_up = 0.3;   ///< seconds before anything is counted
    double measured = 0.6;  ///< seconds counted; the deadline of `hold`
    std::uint64_t enough =
        0;  ///< exchanges, good or bad, that end the measured time early; 0: none do
};

struct Outcome {
    Latency latency;             ///< of every good exchange that ended in the measured time
    std::uint64_t errors = 0;    ///< exchanges that failed or brought the wrong bytes
    std::string first_error;     ///< what happened to the first of them
    double seconds = 0;          ///< the measured time as it was
    double client_seconds = 0;   ///< CPU of the calling process in it
    double server_seconds = 0;   ///< of the account; 0 without one
    double machine_seconds = 0;  ///< of the whole machine
};

/// Runs the load. `server` may be null. Throws std::system_error where this side cannot go on (no
/// sockets); what the server does wrong is counted.
Outcome drive(const Load&, const CpuAccount* server);

}  // namespace minetd::bench
