// SPDX-License-Identifier: ISC
// Where the machine's processors are and who uses them. The host of a virtual machine moves two
// processors near each other or apart for seconds to minutes; a cache line's round trip then takes
// some 100 ns or some 500 ns and the same server is up to three times slower, which no counter
// shows. A figure counts only if the processors were near before and after it and nobody else ran.
#pragma once

#include <optional>

namespace minetd::bench {

/// The first two processors this process may use.
struct ProcessorPair {
    int first;
    int second;
};

/// Nothing where only one processor may be used: then no comparison is possible.
std::optional<ProcessorPair> two_processors();

/// Keeps the calling process, and all it starts, on the pair. Throws std::system_error.
void stay_on(ProcessorPair);

/// The median round trip of a cache line between a thread on each, in nanoseconds. Takes some
/// milliseconds. Throws std::system_error.
double round_trip_ns(ProcessorPair);

/// CPU seconds that all processes of the machine, and its host by stealing, have used on any
/// processor (/proc/stat). Throws std::runtime_error where it cannot be read.
double machine_cpu_seconds();

}  // namespace minetd::bench
