// SPDX-License-Identifier: ISC
// Measuring in alternating rounds: A B C ... C B A ... A B C ..., so that what the machine does in
// between meets all alike.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/processors.h"
#include "tests/bench/servers.h"
#include "tests/bench/workloads.h"

namespace minetd::bench {

/// How long and how often.
struct Plan {
    unsigned rounds = 3;
    double warm_up = 0.3;                            ///< seconds
    double measured = 0.6;                           ///< seconds
    double attack_warm_up = 3, attack_measured = 4;  ///< the same beside attackers
    unsigned attempts = 4;     ///< at one round of one server, until it counts
    double near_ns = 0;        ///< a round trip up to this is near
    double quiet_cpus = 0.25;  ///< others may use this much, beside the server and the clients
    std::chrono::steady_clock::time_point deadline;  ///< no attempt is repeated after it
};

/// One run of one server.
struct Sample {
    double rate = 0, p50_us = 0, p99_us = 0, p999_us = 0, max_us = 0;
    double server_us = 0, server_cpus = 0, client_cpus = 0, other_cpus = 0;
    double operations = 0, errors = 0;
    double stuck = 0;          ///< clients that had waited for a second or longer at the end
    double pss_mb = 0;         ///< of the server with all its processes, at the end; 0: not asked
    double attack_closed = 0;  ///< attackers' connections that the server ended
    std::string first_error;
    double round_trip_ns = 0;  ///< the worse of before and after
    bool counts = false;       ///< the processors were near and nobody else ran
    unsigned round = 0;
};

/// The rounds of one server; `failure` says why there are none.
struct Series {
    const ServerKind* server;
    std::vector<Sample> samples;
    std::string failure;
};

/// All servers at one workload and concurrency.
struct Comparison {
    const Workload* workload;
    unsigned clients;
    std::vector<Series> series;
};

class RunningServer;

/// How long loadgen counts, and before.
struct Times {
    double warm_up, measured;
};

class Rounds {
  public:
    Rounds(const Site& site, const Plan& plan, ProcessorPair pair)
        : site_(site), plan_(plan), pair_(pair) {}

    /// Runs every server that takes the workload. `cells_after` is how many runs of a server the
    /// whole run still has to make after this: repeats must leave time for them.
    Comparison compare(const Workload&, unsigned clients, unsigned cells_after);

    /// How many runs compare() makes when none is repeated.
    unsigned cells(const Workload&, unsigned clients) const;

  private:
    Sample run_once(const ServerKind&, const Workload&, unsigned clients);
    Sample run_client(const RunningServer&, const Launch&, const Workload&, unsigned clients) const;
    Times times_of(const Workload&, unsigned clients) const;
    void run_round(Series&, const Workload&, unsigned clients, unsigned round,
                   unsigned cells_after);
    bool calm() const;
    void await_calm(unsigned cells_after) const;
    bool time_to_repeat(unsigned cells_after) const;

    const Site& site_;
    const Plan& plan_;
    ProcessorPair pair_;
    double cell_seconds_ = 1;  ///< what a run has taken so far, start and stop included
};

/// One run of loadgen, told by the words of `client` what to do, against a server that listens; its
/// CPU is read from `account`. Throws std::runtime_error when loadgen itself fails.
Sample run_loadgen(const Site&, const Launch&, const std::string& account, std::string_view client,
                   Times);

/// What loadgen, or anybody else who writes `name=value` words, has printed. Throws
/// std::runtime_error for a missing word.
Sample parse_sample(const std::string& line);

}  // namespace minetd::bench
