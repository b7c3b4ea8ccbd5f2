// SPDX-License-Identifier: ISC
// Who is measured: minetd, its peers and the limits, and how each is told to do a workload's work.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/workloads.h"

namespace minetd::bench {

/// Where things are, and as whom.
struct Site {
    std::string minetd;    ///< the binary
    std::string peers;     ///< directory with one unpacked package per peer
    std::string programs;  ///< directory of limit, loadgen and ok_*
    std::string scratch;   ///< directory for configuration files and logs
    std::string user;      ///< programs run as this one
    std::string account;   ///< the source of the server's CPU time; empty: the best there is
    bool own_network = false;

    /// What web servers serve: a directory with index.html, and a script of php-fpm's.
    std::string documents() const { return scratch + "/www"; }
    std::string script() const { return scratch + "/stay.php"; }
};

/// A server ready to be started for one or more services.
struct Launch {
    std::vector<std::string> argv;
    std::string file{};           ///< configuration; empty: none
    std::string configuration{};  ///< its text
    std::uint16_t port = 0;       ///< of the first service
    bool one_source = false;      ///< clients come from 127.0.0.1 only
    std::string client{};         ///< loadgen's words for this server; empty: the workload's
};

/// A set of what workloads need.
template <typename... Each>
constexpr unsigned bits(Each... each) {
    return ((1U << static_cast<unsigned>(each)) | ...);
}

struct ServerKind {
    std::string_view name;
    Launch (*prepare)(const ServerKind&, const Site&, const Workload&, unsigned clients) = nullptr;
    /// The same for `count` copies of ok_static on the ports from `first_port` on; null: not
    /// comparable.
    Launch (*prepare_many)(const ServerKind&, const Site&, std::uint16_t first_port,
                           unsigned count) = nullptr;
    unsigned takes_part = 0;       ///< bits() of the needs that it meets
    unsigned most_clients = 0;     ///< that it can hold; 0: any number
    bool privileged_echo = false;  ///< its echo is bound to port 7
    unsigned rules = 0;            ///< addresses and networks that it looks for its clients in

    bool is_limit() const { return name.starts_with("limit_"); }
    bool is_ours() const { return name.starts_with("minetd"); }
    bool takes(const Workload&, const Site&, unsigned clients) const;
};

/// Every server, in the order of the report.
std::span<const ServerKind> servers();

}  // namespace minetd::bench
