// SPDX-License-Identifier: ISC
// Who may come, and how many.
#include <fmt/format.h>

#include <algorithm>

#include "daemon/units/allowed_networks.h"
#include "daemon/units/unit_rows.h"

namespace minetd {
namespace {

constexpr unsigned unlimited = 1'000'000;  ///< what `instances` can be; systemd's own is 64
constexpr unsigned service_max_seconds = 60;

/// As many as a pool serves at once, where nothing else is said: beyond them clients wait.
void instances(Translation& t) {
    const ServiceSpec& spec = t.spec;
    unsigned most = spec.limits.instances.value_or(unlimited);
    if (spec.is_pool() && !spec.is_resident()) most = std::min(most, spec.pool.max_request_workers);
    if (spec.limits.per_source == 0U) most = 0;
    if (t.shape == Shape::per_connection)
        t.in_socket("MaxConnections", std::to_string(most));
    else if (spec.limits.instances && t.shape == Shape::resident)
        t.lost("instances", "the program accepts for itself");
}

void overflow(Translation& t) {
    const bool queues = t.spec.limits.overflow ? t.spec.limits.queues() : t.spec.is_pool();
    if (queues && t.shape == Shape::per_connection)
        t.lost("overflow", "more than MaxConnections= are refused, they do not wait");
}

void per_source(Translation& t) {
    const Limits& limits = t.spec.limits;
    if (!limits.per_source || *limits.per_source == 0) return;
    if (t.shape != Shape::per_connection)
        return t.lost("per_source", "systemd does not see who comes to this socket");
    t.in_socket("MaxConnectionsPerSource", std::to_string(*limits.per_source));
    if (limits.source_prefix.v4 != 32 || limits.source_prefix.v6 != 128)
        t.lost("source_prefix", "MaxConnectionsPerSource= counts single addresses");
}

/// Without a limit of ours there is none: systemd's own closes the port for good.
void starts(Translation& t) {
    const Limits& limits = t.spec.limits;
    unsigned seconds = 0, most = 0;
    std::string_view attribute;
    if (limits.cps)
        attribute = "cps", seconds = 1, most = limits.cps->rate;
    else if (limits.service_max)
        attribute = "service_max", seconds = service_max_seconds, most = *limits.service_max;
    t.in_socket("TriggerLimitIntervalSec", fmt::format("{}s", seconds));
    if (t.shape == Shape::per_connection)
        t.socket.remark("Socket",
                        "systemd 255 and newer pause after 150 connections in 2 s, unless told: "
                        "PollLimitIntervalSec=0");
    if (attribute.empty()) return;
    t.in_socket("TriggerLimitBurst", std::to_string(most));
    t.lost(attribute, fmt::format("beyond TriggerLimitBurst= the port is closed until `systemctl "
                                  "restart {}`, and refused connections count too",
                                  t.socket.name()));
    if (limits.cps && limits.service_max)
        t.lost("service_max", "systemd has one limit of starts, and it is for cps");
}

void access(Translation& t) {
    if (!t.spec.access.any()) return;
    const auto networks = allowed_networks(t.spec.access);
    if (!networks)
        return t.lost(t.spec.access.only_from ? "only_from" : "no_access",
                      "IPAddressAllow= and IPAddressDeny= know no names, and no lists so long: "
                      "everybody may come");
    if (t.spec.family == Family::unix_domain) return;
    for (const std::string& network : networks->allow) t.in_socket("IPAddressAllow", network);
    for (const std::string& network : networks->deny) t.in_socket("IPAddressDeny", network);
    t.lost(t.spec.access.only_from ? "only_from" : "no_access",
           "whoever is denied gets no answer and no record, and hangs");
}

constexpr std::string_view no_clock = "systemd knows no times of day";
constexpr std::string_view no_banner = "systemd sends nothing itself";

constexpr UnitRow rows[] = {
    {"instances", instances},
    {"overflow", overflow},
    {"per_source", per_source},
    {"source_prefix", nullptr},  // with per_source
    {"cps", starts},
    {"service_max", nullptr},  // with cps
    {"ip_max", nullptr, "systemd limits no rate of one source"},
    {"rate", nullptr, "systemd limits no rate of one source"},
    {"max_load", nullptr, "systemd does not look at the load"},
    {"access_times", nullptr, no_clock},
    {"only_from", access},
    {"no_access", nullptr},  // with only_from
    {"libwrap", nullptr, "systemd does not ask hosts.allow; tcpd(8) does"},
    {"ident_only", nullptr, "systemd asks no ident daemon"},
    {"ident_timeout", nullptr, "systemd asks no ident daemon"},
    {"deny_time", nullptr, "systemd has no sensors"},
    {"banner", nullptr, no_banner},
    {"banner_success", nullptr, no_banner},
    {"banner_fail", nullptr, no_banner},
    {"intercept", nullptr, "systemd does not see who comes to this socket"},
    {"mdns", nullptr, "systemd-resolved announces what is in systemd.dnssd(5) files"},
    {"mdns_name", nullptr},  // with mdns
    {"mdns_type", nullptr},  // with mdns
};

}  // namespace

std::span<const UnitRow> admission_unit_rows() noexcept {
    return rows;
}

}  // namespace minetd
