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
    ask,        ///< connect, send `request`, read until `expected` has come, close
};

struct Load {
    sockaddr_in server{};
    Exchange exchange = Exchange::expect;
    std::string expected = "ok\n";
    std::string request;  ///< of `ask`
    unsigned clients = 1;
    bool once = false;  ///< one exchange per client, all at once, as `hold` always has
    /// Seconds for which a client that has one exchange keeps its connection after the answer; 0:
    /// to the end. `expect` has none left.
    double stay = 0;
    unsigned idle = 0;       ///< echo connections that have had a line each and say nothing more
    unsigned attackers = 0;  ///< see attack_load.h
    bool trickle = false;
    pid_t tree = 0;  ///< whose memory is taken at the end, while all are connected; 0: nobody's
    /// Clients connect from 127.0.1.1 to 127.0.1.250 in turn, so that ports do not run out; false:
    /// from 127.0.0.1, which every resolver knows.
    bool many_sources = true;
    double warm_up = 0.3;   ///< seconds before anything is counted
    double measured = 0.6;  ///< seconds counted; the deadline of those with one exchange each
    std::uint64_t enough =
        0;  ///< exchanges, good or bad, that end the measured time early; 0: none do
};

struct Outcome {
    Latency latency;                  ///< of every good exchange that ended in the measured time
    std::uint64_t errors = 0;         ///< exchanges that failed or brought the wrong bytes
    std::string first_error;          ///< what happened to the first of them
    unsigned stuck = 0;               ///< clients that at the end had waited for a second or longer
    double seconds = 0;               ///< the measured time as it was
    double client_seconds = 0;        ///< CPU of the calling process in it
    double server_seconds = 0;        ///< of the account; 0 without one
    double machine_seconds = 0;       ///< of the whole machine
    double pss_mb = 0;                ///< of `tree`; 0 without one
    std::uint64_t attack_closed = 0;  ///< attackers' connections that the server ended
};

/// Runs the load. `server` may be null. Throws std::system_error where this side cannot go on (no
/// sockets); what the server does wrong is counted.
Outcome drive(const Load&, const CpuAccount* server);

}  // namespace minetd::bench
