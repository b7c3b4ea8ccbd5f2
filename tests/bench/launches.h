// SPDX-License-Identifier: ISC
// How each server is told to do a workload's work, for `clients` clients: what servers.cc lists.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "tests/bench/servers.h"

namespace minetd::bench {

inline constexpr std::uint16_t service_port = 9001;

/// The path of one of our programs.
std::string program_path(const Site&, std::string_view name);
/// A user without privileges, for those that serve inside their own processes.
std::string builtin_user(const Site&);
/// The text of `one` for each of `count` ports.
std::string repeat(std::uint16_t first_port, unsigned count,
                   const std::function<std::string(unsigned port)>& one);

using Prepare = Launch(const ServerKind&, const Site&, const Workload&, unsigned clients);
using PrepareMany = Launch(const ServerKind&, const Site&, std::uint16_t first_port,
                           unsigned count);

Prepare minetd_nowait, minetd_prefork, minetd_prefork_apache, minetd_prefork_guarded, minetd_worker,
    minetd_event;
Prepare tcpserver, xinetd, openbsd_inetd, inetutils_inetd;
Prepare apache_prefork, apache_worker, apache_event, nginx, php_fpm;
Prepare limit;
PrepareMany minetd_many, xinetd_many, openbsd_inetd_many, inetutils_inetd_many;

}  // namespace minetd::bench
