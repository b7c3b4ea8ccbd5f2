// SPDX-License-Identifier: ISC
// Two pools under one load that rises and falls, watched from outside: nobody is asked, so nothing
// that is seen comes from being looked at. Servers are counted in /proc, busy ones by the clients
// that they hold.
#pragma once

#include <sys/types.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace minetd {

struct WatchedPool {
    pid_t parent = 0;        ///< whose children are the servers
    std::uint16_t port = 0;  ///< on 127.0.0.1; an echo that holds a worker for every client
};

/// The number of servers changed.
struct PoolStep {
    unsigned stage;    ///< index of the load under which it did; the first step is the start
    unsigned servers;  ///< as many as there were then
    double at;         ///< seconds since the beginning
};

struct PoolCourse {
    struct Sample {
        unsigned servers, held;  ///< clients that have an answer and stay
    };
    struct Row {
        unsigned second, load;
        std::array<Sample, 2> pools;
    };
    std::vector<Row> rows;  ///< one a second
    std::array<std::vector<PoolStep>, 2> steps;
    double longest_gap = 0;  ///< between two looks, in seconds
    std::string trouble;     ///< empty, or what else happened
};

/// Lets the same clients come to both, and stay, for one load after the other; the next as soon as
/// neither pool has changed for more than one of its seconds, so that the phases of their clocks do
/// not matter. Ends when that is so under the last load (for two seconds), or when both have made
/// `last_steps` steps there. `start` is when the pools were.
PoolCourse watch_pools(const std::array<WatchedPool, 2>& pools, const std::vector<unsigned>& loads,
                       unsigned last_steps, std::chrono::steady_clock::time_point start);

/// Living children of a process, zombies left out.
unsigned count_children(pid_t parent);

}  // namespace minetd
