// SPDX-License-Identifier: ISC
// The ways of serving in which admission is to be the same, each as a service that answers a line
// and stays as long as its client does; and the clients, many at once.
#pragma once

#include <cstdint>
#include <string>

#include "daemon/os/socket_address.h"
#include "tests/integration/daemon_under_test.h"

namespace minetd {

inline constexpr unsigned clients = 200, addresses = 20;

struct Way {
    const char *serve, *server;
};
/// Programs need `{dir}/gauge` (gauge.h).
inline constexpr const char *way_program = "{probe} probe hold {dir}/gauge",
                            *way_builtin = "internal echo";
inline constexpr Way ways_of_processes[] = {{"nowait", way_program},
                                            {"nowait", way_builtin},
                                            {"prefork", way_program},
                                            {"prefork", way_builtin}};
inline constexpr Way ways_of_threads[] = {{"worker", way_builtin}, {"event", way_builtin}};

/// The [defaults] that all of them are served by.
inline constexpr const char* way_defaults =
    "[defaults]\nlog_on_failure = HOST\nserver_limit = 72\n"
    "max_request_workers = 72\n";

/// The line of a service, and its section, with these settings beside what its pool needs.
std::string service(const Way& way, const std::string& name);
std::string section(const Way& way, const std::string& name, const std::string& settings);

/// A range of local time that is hours away on both sides.
std::string closed_now();

/// Kills all that serve, and waits until their ends have been heard.
void kill_servers(const DaemonUnderTest& daemon);

/// 127.0.0.`number`.
SocketAddress local(unsigned number);
bool is_served(std::uint16_t port, unsigned from);

}  // namespace minetd
