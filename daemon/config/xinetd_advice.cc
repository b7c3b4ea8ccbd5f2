// SPDX-License-Identifier: ISC
#include "daemon/config/xinetd_advice.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "daemon/config/xinetd_native.h"
#include "daemon/config/xinetd_words.h"

namespace minetd {
namespace {

constexpr unsigned v4_prefix = 96;  ///< of the mapped addresses

bool is_v4(const AccessRule& rule) {
    static constexpr std::uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    return rule.prefix >= v4_prefix && std::memcmp(rule.address.data(), mapped, sizeof mapped) == 0;
}

/// 0.0.0.0/0, and nothing of IPv6: whoever wrote it meant everybody.
bool is_all_of_v4(const AccessRules& rules) {
    const auto network = [](const AccessRule& rule) {
        return rule.kind == AccessRule::Kind::network;
    };
    return std::any_of(rules.begin(), rules.end(),
                       [&](const AccessRule& rule) {
                           return network(rule) && is_v4(rule) && rule.prefix == v4_prefix;
                       }) &&
           std::none_of(rules.begin(), rules.end(),
                        [&](const AccessRule& rule) { return network(rule) && !is_v4(rule); });
}

}  // namespace

void XinetdAdvice::give(const XinetdEntry& entry) {
    about_records(entry);
    about_families(entry);
    about_servers(entry);
    about_datagrams(entry);
    about_attributes(defaults_);
    about_attributes(entry);
}

void XinetdAdvice::warn(const Where& where, std::string message, std::string advice) {
    diagnostics_.warning(where, std::move(message), std::move(advice));
}

/// The place of a setting that the entry or the defaults say.
Where XinetdAdvice::origin(const XinetdEntry& entry, std::string_view name) const {
    return entry.says(name) ? entry.where(name) : defaults_.where(name);
}

void XinetdAdvice::about_records(const XinetdEntry& entry) {
    const ServiceSpec& spec = entry.draft.spec;
    const std::string_view name =
        (spec.log_on_failure & log_userid) != 0 ? "log_on_failure" : "log_on_success";
    if (((spec.log_on_success | spec.log_on_failure) & log_userid) != 0 &&
        !std::exchange(told_of_ident_, true))
        warn(origin(entry, name),
             "USERID asks the client's ident daemon (RFC 1413), which hardly any host runs: no "
             "session waits for it here",
             "leave it out, here and in other entries, unless your clients have one");
    const std::string_view said = entry.says("log_on_success")       ? "log_on_success"
                                  : entry.says("log_on_failure")     ? "log_on_failure"
                                  : defaults_.says("log_on_success") ? "log_on_success"
                                                                     : "log_on_failure";
    if (spec.log_type.kind == LogTarget::Kind::none &&
        spec.standard_error.kind == StderrTarget::Kind::log &&
        !std::exchange(told_of_stderr_, true))
        warn(origin(entry, "stderr"),
             "what the server says on standard error is lost: no log_type says where to",
             "write log_type = SYSLOG daemon info");
    if (spec.log_type.kind == LogTarget::Kind::none &&
        (spec.log_on_success | spec.log_on_failure) != 0 && !std::exchange(told_of_log_, true))
        warn(origin(entry, said), "nothing is recorded: no log_type says where to",
             "write log_type = SYSLOG daemon info, in defaults for all services");
}

void XinetdAdvice::about_families(const XinetdEntry& entry) {
    const ServiceSpec& spec = entry.draft.spec;
    if (entry.says("v6only") && entry.v6only == false)
        warn(entry.where("v6only"),
             "v6only = no is what it says here: xinetd refuses IPv4 clients wherever a service "
             "mentions v6only",
             "leave it out");
    if (!entry.says("v6only") && entry.v6only == true && !std::exchange(told_of_v6only_, true))
        warn(defaults_.where("v6only"),
             "v6only = yes is what it says here, and IPv4 clients are refused: xinetd does not go "
             "by it in defaults",
             "leave it out");
    const auto& only_from = spec.access.only_from;
    if (only_from && is_all_of_v4(*only_from) && spec.family != Family::v4)
        warn(origin(entry, "only_from"),
             "this is every IPv4 client and no IPv6 client: they are refused, as by xinetd",
             "add ::/0, or leave only_from out for everybody");
}

void XinetdAdvice::about_servers(const XinetdEntry& entry) {
    if (entry.says("server") && !entry.draft.spec.redirect.host.empty())
        warn(entry.where("server"), "connections are redirected: no server starts", "leave it out");
    if ((entry.flags & xinetd_noretry) != 0)
        warn(entry.where("flags"),
             "NORETRY has no effect: where no process can be started, connections wait",
             "leave it out");
}

/// Without answers there is nothing to guard.
void XinetdAdvice::about_datagrams(const XinetdEntry& entry) {
    const ServiceSpec& spec = entry.draft.spec;
    static constexpr std::string_view answering[] = {"echo", "chargen", "daytime", "time"};
    const bool answers = spec.is_datagram() &&
                         std::any_of(std::begin(answering), std::end(answering),
                                     [&](std::string_view one) { return spec.builtin == one; });
    if (answers && spec.udp_guard == UdpGuard::strict && !entry.says("udp_guard") &&
        !defaults_.says("udp_guard") && !std::exchange(told_of_guard_, true))
        warn(entry.draft.where(),
             "builtins on UDP do not answer clients of this host, nor ports of other services, as "
             "xinetd does: who forges such an address makes two servers answer each other",
             "write udp_guard = local for clients of this host");
}

void XinetdAdvice::about_attributes(const XinetdEntry& entry) {
    for (const auto& [name, place] : entry.places)
        if (find_native_attribute(name) != nullptr && !std::exchange(told_of_native_, true))
            warn(
                place.where(),
                fmt::format("{} is an attribute of minetd's own, as others may be here: it counts, "
                            "and xinetd ignores it",
                            name),
                "take it out if it is not meant for minetd");
}

}  // namespace minetd
