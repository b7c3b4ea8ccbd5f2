// SPDX-License-Identifier: ISC
// minetd, in every way it serves.

#include <fmt/format.h>

#include <random>

#include "tests/bench/launches.h"
#include "tests/bench/pool_size.h"

namespace minetd::bench {

namespace {

// Waiting servers for 64 clients, each of which ends a server per connection when that is a
// program.
constexpr std::string_view pool_for_64_clients =
    "start_servers = 96\n"
    "min_spare_servers = 64\n"
    "max_spare_servers = 128\n"
    "server_limit = 256\n"
    "max_request_workers = 256\n";

constexpr std::string_view minetd_defaults = "[defaults]\nlisten_backlog = 4096\n";

// Strict: a service that is left out would not listen, and nobody would say why.
Launch minetd(const ServerKind& kind, const Site& site, std::string configuration) {
    const std::string file = fmt::format("{}/{}.conf", site.scratch, kind.name);
    return {.argv = {site.minetd, "--foreground", "--strict", "-f", file},
            .file = file,
            .configuration = std::move(configuration),
            .port = service_port};
}

std::string served(const Site& site, const Workload& workload) {
    switch (workload.serves()) {
        case Serves::program:
            return fmt::format("{} {} {}", site.user, program_path(site, workload.program),
                               workload.program);
        case Serves::echo:
            return builtin_user(site) + " internal echo";
        case Serves::file:
            return fmt::format("{} internal http {}", builtin_user(site), site.documents());
    }
    return {};
}

std::string lines(const Site& site, const Workload& workload, std::string_view serve) {
    return fmt::format("{} stream tcp4 {} {}\n\n{}", service_port, serve, served(site, workload),
                       minetd_defaults);
}

std::string section(std::string_view attributes) {
    return attributes.empty() ? "" : fmt::format("\n[{}]\n{}", service_port, attributes);
}

// Rules that name others, close to the clients (they are 127.0.1.x) so that a look-up goes deep,
// and the one that names them.
std::string rules_of(const ServerKind& kind) {
    if (kind.rules == 0) return {};
    std::string text = "only_from = 127.0.1.0/24\n";
    std::minstd_rand random(1);
    for (unsigned rule = 1; rule < kind.rules; ++rule)
        text += fmt::format("{}127.{}.{}.{}/32{}", rule % 16 == 1 ? "only_from += " : " ",
                            random() % 256, 2 + random() % 254, 1 + random() % 254,
                            rule % 16 == 0 || rule + 1 == kind.rules ? "\n" : "");
    return text;
}

std::string pool_of(Mpm mpm, const Workload& workload, unsigned clients) {
    switch (workload.needs) {
        case Needs::program:
            return std::string(pool_for_64_clients);
        case Needs::burst:
        case Needs::ruled_program:
            return {};
        case Needs::stay:
        case Needs::slow_program:
        case Needs::guard:
            return apache_directives(mpm, default_pool(mpm));
        case Needs::idle:
            return apache_directives(
                mpm, mpm == Mpm::event ? parking_pool_for(clients) : pool_for(mpm, clients));
        case Needs::echo:
        case Needs::ruled_echo:
        case Needs::pool:
        case Needs::file:
            return apache_directives(mpm, pool_for(mpm, clients));
    }
    return {};
}

}  // namespace

Launch minetd_nowait(const ServerKind& kind, const Site& site, const Workload& workload, unsigned) {
    return minetd(kind, site, lines(site, workload, "nowait") + section(rules_of(kind)));
}

Launch minetd_prefork(const ServerKind& kind, const Site& site, const Workload& workload,
                      unsigned clients) {
    return minetd(
        kind, site,
        lines(site, workload, "prefork") + section(pool_of(Mpm::prefork, workload, clients)));
}

Launch minetd_prefork_apache(const ServerKind& kind, const Site& site, const Workload& workload,
                             unsigned clients) {
    return minetd(
        kind, site,
        lines(site, workload, "prefork") +
            section(pool_of(Mpm::prefork, workload, clients) + "spawn_policy = apache\n"));
}

Launch minetd_prefork_guarded(const ServerKind& kind, const Site& site, const Workload& workload,
                              unsigned clients) {
    return minetd(kind, site,
                  lines(site, workload, "prefork") +
                      section(pool_of(Mpm::prefork, workload, clients) +
                              "first_byte_timeout = 1\nrequest_timeout = 1\n"));
}

Launch minetd_worker(const ServerKind& kind, const Site& site, const Workload& workload,
                     unsigned clients) {
    return minetd(
        kind, site,
        lines(site, workload, "worker") + section(pool_of(Mpm::worker, workload, clients)));
}

Launch minetd_event(const ServerKind& kind, const Site& site, const Workload& workload,
                    unsigned clients) {
    return minetd(kind, site,
                  lines(site, workload, "event") +
                      section(pool_of(Mpm::event, workload, clients) + rules_of(kind)));
}

Launch minetd_many(const ServerKind& kind, const Site& site, std::uint16_t first_port,
                   unsigned count) {
    Launch launch = minetd(kind, site, repeat(first_port, count, [&](unsigned port) {
                               return fmt::format("{} stream tcp4 nowait {} {} ok_static\n", port,
                                                  site.user, program_path(site, "ok_static"));
                           }));
    launch.port = first_port;
    return launch;
}

}  // namespace minetd::bench
