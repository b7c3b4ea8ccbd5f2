// SPDX-License-Identifier: ISC

#include "tests/bench/servers.h"

#include <fmt/format.h>

#include <algorithm>

#include "tests/bench/launches.h"

namespace minetd::bench {

namespace {

using enum Needs;

// A process for every idle connection; nobody has ten thousand.
constexpr unsigned most_processes = 1000;

constexpr ServerKind table[] = {
    {.name = "minetd_nowait",
     .prepare = minetd_nowait,
     .prepare_many = minetd_many,
     .takes_part = bits(program, echo, burst, slow_program)},
    {.name = "minetd_prefork",
     .prepare = minetd_prefork,
     .takes_part = bits(program, echo, burst, pool, idle, stay, slow_program, file, guard),
     .most_clients = most_processes},
    {.name = "minetd_prefork_apache",
     .prepare = minetd_prefork_apache,
     .takes_part = bits(stay, slow_program)},
    {.name = "minetd_prefork_guarded",
     .prepare = minetd_prefork_guarded,
     .takes_part = bits(guard)},
    {.name = "minetd_worker", .prepare = minetd_worker, .takes_part = bits(pool, idle, stay, file)},
    {.name = "minetd_event",
     .prepare = minetd_event,
     .takes_part = bits(pool, idle, stay, file, guard)},
    {.name = "minetd_event_no_rule", .prepare = minetd_event, .takes_part = bits(ruled_echo)},
    {.name = "minetd_event_10_rules",
     .prepare = minetd_event,
     .takes_part = bits(ruled_echo),
     .rules = 10},
    {.name = "minetd_event_10000_rules",
     .prepare = minetd_event,
     .takes_part = bits(ruled_echo),
     .rules = 10'000},
    {.name = "minetd_nowait_no_rule", .prepare = minetd_nowait, .takes_part = bits(ruled_program)},
    {.name = "minetd_nowait_10_rules",
     .prepare = minetd_nowait,
     .takes_part = bits(ruled_program),
     .rules = 10},
    {.name = "minetd_nowait_10000_rules",
     .prepare = minetd_nowait,
     .takes_part = bits(ruled_program),
     .rules = 10'000},
    {.name = "tcpserver", .prepare = tcpserver, .takes_part = bits(program, slow_program)},
    {.name = "xinetd",
     .prepare = xinetd,
     .prepare_many = xinetd_many,
     .takes_part = bits(program, echo, burst, slow_program)},
    {.name = "openbsd_inetd",
     .prepare = openbsd_inetd,
     .prepare_many = openbsd_inetd_many,
     .takes_part = bits(program, echo, burst),
     .privileged_echo = true},
    {.name = "inetutils_inetd",
     .prepare = inetutils_inetd,
     .prepare_many = inetutils_inetd_many,
     .takes_part = bits(program, echo, burst),
     .privileged_echo = true},
    {.name = "apache_prefork",
     .prepare = apache_prefork,
     .takes_part = bits(pool, idle, stay, file, guard),
     .most_clients = most_processes},
    {.name = "apache_worker", .prepare = apache_worker, .takes_part = bits(pool, idle, file)},
    {.name = "apache_event",
     .prepare = apache_event,
     .takes_part = bits(pool, idle, stay, file, guard)},
    {.name = "nginx", .prepare = nginx, .takes_part = bits(file, guard)},
    {.name = "php_fpm", .prepare = php_fpm, .takes_part = bits(stay)},
    {.name = "limit_vm_prefork_exec", .prepare = limit, .takes_part = bits(program)},
    {.name = "limit_vm", .prepare = limit, .takes_part = bits(program)},
    {.name = "limit_vm_x2", .prepare = limit, .takes_part = bits(program)},
    {.name = "limit_vfork", .prepare = limit, .takes_part = bits(program)},
    {.name = "limit_fork", .prepare = limit, .takes_part = bits(program)},
    {.name = "limit_echo_epoll_1", .prepare = limit, .takes_part = bits(echo, burst, pool, idle)},
    {.name = "limit_echo_epoll_2", .prepare = limit, .takes_part = bits(pool)},
    {.name = "limit_echo_threads", .prepare = limit, .takes_part = bits(pool)},
    {.name = "limit_echo_procs", .prepare = limit, .takes_part = bits(echo, pool)},
};

}  // namespace

std::string program_path(const Site& site, std::string_view name) {
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

// The pools have a server for each of the clients; an epoll loop takes no number.
Launch limit(const ServerKind& kind, const Site& site, const Workload& workload, unsigned clients) {
    Launch launch{.argv = {program_path(site, "limit"),
                           std::string(kind.name.substr(std::string_view("limit_").size())),
                           std::to_string(service_port)},
                  .port = service_port};
    if (workload.serves() == Serves::program)
        launch.argv.push_back(program_path(site, workload.program));
    else if (kind.name.find("epoll") == std::string_view::npos)
        launch.argv.push_back(std::to_string(std::max(64U, clients)));
    return launch;
}

bool ServerKind::takes(const Workload& workload, const Site& site, unsigned clients) const {
    if (privileged_echo && workload.serves() == Serves::echo && !site.own_network) return false;
    return (takes_part & bits(workload.needs)) != 0 &&
           (most_clients == 0 || clients <= most_clients);
}

std::span<const ServerKind> servers() {
    return table;
}

}  // namespace minetd::bench
