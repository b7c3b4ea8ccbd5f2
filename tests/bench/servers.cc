// SPDX-License-Identifier: ISC

#include "tests/bench/servers.h"

#include <fmt/format.h>

#include <functional>

namespace minetd::bench {

namespace {

constexpr std::uint16_t service_port = 9001;
constexpr std::uint16_t echo_port = 7;

// Waiting servers for 64 clients, each of which ends a server per connection when that is a
// program.
constexpr std::string_view pool_for_64_clients =
    "start_servers = 96\n"
    "min_spare_servers = 64\n"
    "max_spare_servers = 128\n"
    "server_limit = 256\n"
    "max_request_workers = 256\n";

std::string program(const Site& site, std::string_view name) {
    return fmt::format("{}/{}", site.programs, name);
}

std::string builtin_user(const Site& site) {
    return site.user == "root" ? "nobody" : site.user;
}

std::string repeat(std::uint16_t first_port, unsigned count,
                   const std::function<std::string(unsigned port)>& one) {
    std::string text;
    for (unsigned service = 0; service < count; ++service) text += one(first_port + service);
    return text;
}

// -- minetd

constexpr std::string_view minetd_defaults = "[defaults]\nlisten_backlog = 4096\n";

Launch minetd(const ServerKind& kind, const Site& site, std::string configuration) {
    const std::string file = fmt::format("{}/{}.conf", site.scratch, kind.name);
    return {
        {site.minetd, "--foreground", "-f", file}, file, std::move(configuration), service_port};
}

std::string minetd_line(const Site& site, const Workload& workload, std::string_view serve) {
    if (workload.is_builtin())
        return fmt::format("{} stream tcp4 {} {} internal echo\n", service_port, serve,
                           builtin_user(site));
    return fmt::format("{} stream tcp4 {} {} {} {}\n", service_port, serve, site.user,
                       program(site, workload.program), workload.program);
}

Launch minetd_nowait(const ServerKind& kind, const Site& site, const Workload& workload) {
    return minetd(kind, site,
                  fmt::format("{}\n{}", minetd_line(site, workload, "nowait"), minetd_defaults));
}

Launch minetd_prefork(const ServerKind& kind, const Site& site, const Workload& workload) {
    std::string text =
        fmt::format("{}\n{}", minetd_line(site, workload, "prefork"), minetd_defaults);
    if (!workload.is_burst()) text += fmt::format("\n[{}]\n{}", service_port, pool_for_64_clients);
    return minetd(kind, site, text);
}

Launch minetd_many(const ServerKind& kind, const Site& site, std::uint16_t first_port,
                   unsigned count) {
    Launch launch = minetd(kind, site, repeat(first_port, count, [&](unsigned port) {
                               return fmt::format("{} stream tcp4 nowait {} {} ok_static\n", port,
                                                  site.user, program(site, "ok_static"));
                           }));
    launch.port = first_port;
    return launch;
}

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
        port, port, site.user, program(site, name));
}

Launch xinetd(const ServerKind& kind, const Site& site, const Workload& workload) {
    if (!workload.is_builtin())
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

// -- the inetds: no rates

std::string inetd_line(const Site& site, const Workload& workload) {
    if (workload.is_builtin())
        return fmt::format("echo stream tcp nowait {} internal\n", site.user);
    return fmt::format("{} stream tcp nowait {} {} {}\n", service_port, site.user,
                       program(site, workload.program), workload.program);
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

template <Launch with(const ServerKind&, const Site&, std::string)>
Launch inetd(const ServerKind& kind, const Site& site, const Workload& workload) {
    Launch launch = with(kind, site, inetd_line(site, workload));
    if (workload.is_builtin()) launch.port = echo_port;
    return launch;
}

template <Launch with(const ServerKind&, const Site&, std::string)>
Launch inetd_many(const ServerKind& kind, const Site& site, std::uint16_t first_port,
                  unsigned count) {
    Launch launch = with(kind, site, repeat(first_port, count, [&](unsigned port) {
                             return fmt::format("{} stream tcp nowait {} {} ok_static\n", port,
                                                site.user, program(site, "ok_static"));
                         }));
    launch.port = first_port;
    return launch;
}

// -- tcpserver: no lookups, no limit within reach

Launch tcpserver(const ServerKind&, const Site& site, const Workload& workload) {
    return {{site.peers + "/ucspi-tcp/usr/bin/tcpserver", "-q", "-H", "-R", "-l", "localhost", "-c",
             "100000", "-b", "4096", "127.0.0.1", std::to_string(service_port),
             program(site, workload.program)},
            "",
            "",
            service_port};
}

// -- the limits

Launch limit(const ServerKind& kind, const Site& site, const Workload& workload) {
    Launch launch{
        {program(site, "limit"), std::string(kind.name.substr(std::string_view("limit_").size())),
         std::to_string(service_port)},
        "",
        "",
        service_port};
    if (!workload.is_builtin()) launch.argv.push_back(program(site, workload.program));
    return launch;
}

constexpr ServerKind table[] = {
    // name, prepare, programs, echoes, privileged_echo, bursts, prepare_many
    {"minetd_nowait", minetd_nowait, true, true, false, true, minetd_many},
    {"minetd_prefork", minetd_prefork, true, true, false, true, nullptr},
    {"tcpserver", tcpserver, true, false, false, false, nullptr},
    {"xinetd", xinetd, true, true, false, true, xinetd_many},
    {"openbsd_inetd", inetd<openbsd_inetd_with>, true, true, true, true,
     inetd_many<openbsd_inetd_with>},
    {"inetutils_inetd", inetd<inetutils_inetd_with>, true, true, true, true,
     inetd_many<inetutils_inetd_with>},
    {"limit_vm_prefork_exec", limit, true, false, false, false, nullptr},
    {"limit_vm", limit, true, false, false, false, nullptr},
    {"limit_vm_x2", limit, true, false, false, false, nullptr},
    {"limit_vfork", limit, true, false, false, false, nullptr},
    {"limit_fork", limit, true, false, false, false, nullptr},
    {"limit_echo_epoll_1", limit, false, true, false, true, nullptr},
    {"limit_echo_procs", limit, false, true, false, false, nullptr},
};

}  // namespace

bool ServerKind::takes(const Workload& workload, const Site& site) const {
    if (!workload.is_builtin()) return programs;
    return echoes && (site.own_network || !privileged_echo) && (bursts || !workload.is_burst());
}

std::span<const ServerKind> servers() {
    return table;
}

}  // namespace minetd::bench
