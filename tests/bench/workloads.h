// SPDX-License-Identifier: ISC
// What is measured: a kind of service and what its clients do.
#pragma once

#include <span>
#include <string_view>

namespace minetd::bench {

/// What a server must be able to do to take part.
enum class Needs {
    program,        ///< start a program
    echo,           ///< echo, whatever it is
    burst,          ///< serve 256 at once with nothing configured
    ruled_echo,     ///< echo for those whom address rules let in
    ruled_program,  ///< start a program for them
    pool,           ///< echo from a pool that is sized for the clients
    idle,           ///< hold many connections
    stay,           ///< echo from a pool of the default size, while each client stays for a second
    slow_program,   ///< the same with a program that takes a second
    file,           ///< serve a file, with keep-alive
    guard,          ///< serve a file beside attackers
};

enum class Serves { program, echo, file };

/// One row of the table.
struct Workload {
    std::string_view name;   ///< as the command line takes it
    std::string_view title;  ///< as the report shows it
    Needs needs;
    std::string_view client;   ///< loadgen's words, {0} for the clients and {1} for the documents;
                               ///< or wrk
    std::string_view program;  ///< what the service starts; empty: the builtin
    /// How many clients; of `idle` the idle connections, of `guard` the attackers.
    std::span<const unsigned> clients;
    std::span<const unsigned> quick;  ///< with --quick

    Serves serves() const {
        if (!program.empty()) return Serves::program;
        return needs == Needs::file || needs == Needs::guard ? Serves::file : Serves::echo;
    }
    /// All clients come at once and have one exchange: the last one's answer counts, not a rate,
    /// and pools have their default sizes.
    bool is_burst() const {
        return needs == Needs::burst || needs == Needs::stay || needs == Needs::slow_program;
    }
    /// `clients` is how many there are beside those that are measured.
    bool has_crowd() const { return needs == Needs::idle || needs == Needs::guard; }
    /// What rules cost: minetd beside itself without any.
    bool is_of_admission() const {
        return needs == Needs::ruled_echo || needs == Needs::ruled_program;
    }
    /// Measures pools beside Apache's; the others measure the inetds.
    bool is_of_pools() const { return needs >= Needs::pool; }
};

/// Every workload, in the order of the report.
std::span<const Workload> workloads();

}  // namespace minetd::bench
