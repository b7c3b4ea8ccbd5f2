// SPDX-License-Identifier: ISC
#include "daemon/config/xinetd_attributes.h"

#include <algorithm>

#include "daemon/config/values.h"
#include "daemon/config/xinetd_native.h"
#include "daemon/config/xinetd_taking.h"
#include "daemon/config/xinetd_values.h"

namespace minetd {
namespace {

using namespace taking;
using enum XinetdAttribute::Count;
using enum XinetdAttribute::Scope;

// name, values, where, list, native, what is taken, how
constexpr XinetdAttribute table[] = {
    {"id", one, service, false, "id", nullptr, direct},
    {"type", any, service, false, "", nullptr, types},
    {"flags", any, service, false, "", nullptr, flags},
    {"disable", one, service, false, "", xinetd::yes_or_no, disable},
    {"socket_type", one, service, false, "socket_type", xinetd::socket_type, direct},
    {"protocol", one, service, false, "", nullptr, protocol},
    {"wait", one, service, false, "serve", xinetd::yes_or_no, direct},
    {"user", one, service, false, "user", nullptr, direct},
    {"group", one, service, false, "group", nullptr, direct},
    {"groups", one, both, false, "groups", xinetd::yes_or_no, direct},
    {"instances", one, both, false, "instances", xinetd::count_or_unlimited, clamped},
    {"per_source", one, both, false, "per_source", xinetd::count_or_unlimited, clamped},
    {"cps", two, both, false, "cps", xinetd::counts, clamped},
    {"max_load", one, both, false, "max_load", nullptr, clamped},
    {"nice", one, service, false, "nice", xinetd::niceness, clamped},
    {"umask", one, both, false, "umask", xinetd::octal, direct},
    {"server", one, service, false, "server", nullptr, direct},
    {"server_args", any, service, false, "server_args", nullptr, direct},
    {"env", any, service, true, "env", nullptr, env},
    {"passenv", any, both, true, "passenv", nullptr, passenv},
    {"port", one, service, false, "port", xinetd::count, direct},
    {"bind", one, both, false, "bind", nullptr, direct},
    {"interface", one, both, false, "bind", nullptr, direct},
    {"v6only", one, both, false, "", xinetd::yes_or_no, v6only},
    {"redirect", two, service, false, "redirect", nullptr, direct},
    {"only_from", any, both, true, "only_from", nullptr, addresses},
    {"no_access", any, both, true, "no_access", nullptr, addresses},
    {"access_times", any, service, false, "access_times", xinetd::access_times, access_times},
    {"log_type", any, both, false, "log_type", xinetd::log_type, direct},
    {"log_on_success", any, both, true, "log_on_success", xinetd::log_on_success, direct},
    {"log_on_failure", any, both, true, "log_on_failure", xinetd::log_on_failure, direct},
    {"banner", one, both, false, "banner", nullptr, direct},
    {"banner_success", one, both, false, "banner_success", nullptr, direct},
    {"banner_fail", one, both, false, "banner_fail", nullptr, direct},
    {"rpc_version", one, service, false, "rpc_version", nullptr, direct},
    {"rpc_number", one, service, false, "rpc_number", xinetd::count, direct},
    {"rlimit_as", one, service, false, "rlimit_as", xinetd::bytes, limit},
    {"rlimit_data", one, service, false, "rlimit_data", xinetd::bytes, limit},
    {"rlimit_rss", one, service, false, "rlimit_rss", xinetd::bytes, limit},
    {"rlimit_stack", one, service, false, "rlimit_stack", xinetd::bytes, limit},
    {"rlimit_files", one, service, false, "rlimit_nofile", xinetd::seconds, limit},
    {"rlimit_cpu", one, service, false, "rlimit_cpu", xinetd::seconds, limit},
    {"deny_time", one, service, false, "deny_time", xinetd::minutes, clamped},
    {"libwrap", one, service, false, "libwrap", nullptr, direct},
    {"mdns", one, both, false, "mdns", xinetd::yes_or_no, direct},
    {"enabled", any, defaults, true, "", nullptr, ids},
    {"disabled", any, defaults, true, "", nullptr, ids},
};

}  // namespace

std::span<const XinetdAttribute> xinetd_attributes() noexcept {
    return table;
}

const XinetdAttribute* find_xinetd_attribute(std::string_view name) {
    for (const XinetdAttribute& attribute : table)
        if (same_word(attribute.name, name)) return &attribute;
    return find_native_attribute(name);
}

bool copied_at_once(std::string_view attribute) noexcept {
    static constexpr std::string_view names[] = {"only_from",      "no_access", "log_on_success",
                                                 "log_on_failure", "passenv",   "banner_success",
                                                 "banner_fail",    "banner"};
    return std::any_of(std::begin(names), std::end(names),
                       [&](std::string_view name) { return same_word(name, attribute); });
}

}  // namespace minetd
