// SPDX-License-Identifier: ISC
// What is measured: a kind of service and what its clients do.
#pragma once

#include <span>
#include <string_view>

namespace minetd::bench {

/// One row of the table.
struct Workload {
    std::string_view name;      ///< as the command line takes it
    std::string_view title;     ///< as the report shows it
    std::string_view exchange;  ///< loadgen's word
    std::string_view program;   ///< what the service starts; empty: the builtin echo
    std::span<const unsigned> clients;

    bool is_builtin() const { return program.empty(); }
    /// All clients come at once, send a line and stay: the last one's answer counts, not a rate,
    /// and pools have their default sizes.
    bool is_burst() const { return exchange == "hold"; }
};

/// Every workload, in the order of the report.
std::span<const Workload> workloads();

}  // namespace minetd::bench
