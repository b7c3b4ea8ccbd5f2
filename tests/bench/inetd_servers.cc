// SPDX-License-Identifier: ISC
// xinetd, two inetds and tcpserver.

#include <fmt/format.h>

#include "tests/bench/launches.h"

namespace minetd::bench {

namespace {

constexpr std::uint16_t echo_port = 7;

// -- xinetd: no limits, no records

constexpr std::string_view xinetd_defaults =
    "defaults\n{\n"
    "  instances = UNLIMITED\n  per_source = UNLIMITED\n  cps = 1000000 1\n"
    "  log_type = FILE /dev/null\n  log_on_success =\n  log_on_failure =\n}\n";

Launch xinetd_with(const ServerKind& kind, const Site& site, std::string_view services) {
    const std::string file = fmt::format("{}/{}.conf", site.scratch, kind.name);
    return {{site.peers + "/xinetd/usr/sbin/xinetd", "-dontfork", "-f", file, "-pidfile",
             fmt::format("{}/{}.pid", site.scratch, kind.name)},
            file,
            fmt::format("{}{}", xinetd_defaults, services),
            service_port};
}

std::string xinetd_program(const Site& site, unsigned port, std::string_view name) {
    return fmt::format(
        "service ok{}\n{{\n  type = UNLISTED\n  port = {}\n  socket_type = stream\n  protocol = "
        "tcp\n"
        "  wait = no\n  user = {}\n  server = {}\n}}\n",
        port, port, site.user, program_path(site, name));
}

}  // namespace

Launch xinetd(const ServerKind& kind, const Site& site, const Workload& workload, unsigned) {
    if (!workload.program.empty())
        return xinetd_with(kind, site, xinetd_program(site, service_port, workload.program));
    Launch launch = xinetd_with(
        kind, site,
        fmt::format(
            "service echo\n{{\n  type = INTERNAL UNLISTED\n  id = echo-stream\n  port = {}\n"
            "  socket_type = stream\n  protocol = tcp\n  wait = no\n  user = {}\n}}\n",
            service_port, site.user));
    // Its forked builtins look the client's name up first, and only 127.0.0.1 is in every hosts
    // file.
    launch.one_source = true;
    return launch;
}

Launch xinetd_many(const ServerKind& kind, const Site& site, std::uint16_t first_port,
                   unsigned count) {
    Launch launch = xinetd_with(kind, site, repeat(first_port, count, [&](unsigned port) {
                                    return xinetd_program(site, port, "ok_static");
                                }));
    launch.port = first_port;
    return launch;
}

namespace {

// -- the inetds: no rates

std::string inetd_line(const Site& site, const Workload& workload) {
    if (workload.program.empty())
        return fmt::format("echo stream tcp nowait {} internal\n", site.user);
    return fmt::format("{} stream tcp nowait {} {} {}\n", service_port, site.user,
                       program_path(site, workload.program), workload.program);
}

Launch inetd_with(const ServerKind& kind, const Site& site, std::vector<std::string> argv,
                  std::string configuration) {
    const std::string file = fmt::format("{}/{}.conf", site.scratch, kind.name);
    argv.push_back(file);
    return {std::move(argv), file, std::move(configuration), service_port};
}

Launch openbsd_inetd_with(const ServerKind& kind, const Site& site, std::string configuration) {
    return inetd_with(
        kind, site,
        {site.peers + "/openbsd-inetd/usr/sbin/inetd", "-i", "-R", "1000000000", "-q", "4096"},
        std::move(configuration));
}

// The default is 1000 starts a minute; there is no word for "no limit".
Launch inetutils_inetd_with(const ServerKind& kind, const Site& site, std::string configuration) {
    return inetd_with(
        kind, site,
        {site.peers + "/inetutils-inetd/usr/sbin/inetutils-inetd", "--rate=1000000000",
         fmt::format("--pidfile={}/{}.pid", site.scratch, kind.name)},
        std::move(configuration));
}

Launch on_echo_port(Launch launch, const Workload& workload) {
    if (workload.serves() == Serves::echo) launch.port = echo_port;
    return launch;
}

std::string many_lines(const Site& site, std::uint16_t first_port, unsigned count) {
    return repeat(first_port, count, [&](unsigned port) {
        return fmt::format("{} stream tcp nowait {} {} ok_static\n", port, site.user,
                           program_path(site, "ok_static"));
    });
}

}  // namespace

Launch openbsd_inetd(const ServerKind& kind, const Site& site, const Workload& workload, unsigned) {
    return on_echo_port(openbsd_inetd_with(kind, site, inetd_line(site, workload)), workload);
}

Launch openbsd_inetd_many(const ServerKind& kind, const Site& site, std::uint16_t first_port,
                          unsigned count) {
    Launch launch = openbsd_inetd_with(kind, site, many_lines(site, first_port, count));
    launch.port = first_port;
    return launch;
}

Launch inetutils_inetd(const ServerKind& kind, const Site& site, const Workload& workload,
                       unsigned) {
    return on_echo_port(inetutils_inetd_with(kind, site, inetd_line(site, workload)), workload);
}

Launch inetutils_inetd_many(const ServerKind& kind, const Site& site, std::uint16_t first_port,
                            unsigned count) {
    Launch launch = inetutils_inetd_with(kind, site, many_lines(site, first_port, count));
    launch.port = first_port;
    return launch;
}

// -- tcpserver: no lookups, no limit within reach

Launch tcpserver(const ServerKind&, const Site& site, const Workload& workload, unsigned) {
    return {{site.peers + "/ucspi-tcp/usr/bin/tcpserver", "-q", "-H", "-R", "-l", "localhost", "-c",
             "100000", "-b", "4096", "127.0.0.1", std::to_string(service_port),
             program_path(site, workload.program)},
            "",
            "",
            service_port};
}

}  // namespace minetd::bench
