// SPDX-License-Identifier: ISC
// `--attributes` and `--explain`: the table as text.
#include <fmt/core.h>

#include <algorithm>

#include "daemon/config/attributes.h"
#include "daemon/config/codecs.h"
#include "daemon/config/configuration.h"
#include "daemon/config/pool_attributes.h"

namespace minetd {
namespace {

/// What an attribute is unless said, where not all pools have the same: `5 (prefork), 3 (worker,
/// event)`.
std::string default_text(const Row<DaemonSpec>&) {
    return {};
}
std::string default_text(const Row<ServiceSpec>& row) {
    const PoolAttribute* attribute = find_pool_attribute(row.name);
    if (!attribute) return {};
    std::vector<std::pair<std::string, unsigned>> values;
    for (const codec::Name<Serve>& mpm : codec::names<Serve>()) {
        if (!attribute->is_of(mpm.value)) continue;
        ServiceSpec spec;
        spec.pool = default_pool_limits(mpm.value);
        const std::string value = row.format(spec);
        const unsigned bit = 1U << static_cast<unsigned>(mpm.value);
        const auto found = std::find_if(values.begin(), values.end(),
                                        [&](const auto& one) { return one.first == value; });
        if (found != values.end())
            found->second |= bit;
        else
            values.emplace_back(value, bit);
    }
    std::string out;
    if (values.size() == 1 && values[0].second == any_pool) return {};
    for (const auto& [value, mpms] : values)
        out += fmt::format("{}{} ({})", out.empty() ? "" : ", ", value.empty() ? "empty" : value,
                           mpms_text(mpms));
    return out;
}

template <class Spec>
std::string brief(const Row<Spec>& row) {
    const std::string standard = row.format(Spec{});
    return fmt::format("{:<27} {:<14} {}\n", row.name, standard.empty() ? "-" : standard, row.help);
}

template <class Spec>
std::string full(const Row<Spec>& row, std::string_view where) {
    const std::string standard = row.format(Spec{});
    std::string out = fmt::format("{}: {}.\n", row.name, row.help);
    out += fmt::format("  value:      {}\n", row.type);
    if (row.type.starts_with("number") || row.type.starts_with("bytes") ||
        row.type.starts_with("seconds"))
        out += fmt::format("  range:      {} to {}\n", row.min, row.max);
    const std::string of_mpms = default_text(row);
    out += fmt::format("  default:    {}\n", !of_mpms.empty()   ? of_mpms
                                             : standard.empty() ? "empty"
                                                                : standard);
    if (!row.aliases.empty()) out += fmt::format("  also:       {}\n", row.aliases);
    out += fmt::format("  operators:  {}\n", row.operators ? "=, += and -=" : "=");
    out += fmt::format("  where:      {}\n", where);
    static constexpr std::string_view effects[] = {
        "counts at once", "replaces the service's running servers", "opens a new socket"};
    return out + fmt::format("  on reload:  {}\n", effects[static_cast<std::size_t>(row.effect)]);
}

struct Foreign {
    std::string_view name, help, natively;
};
/// What only files of xinetd have, and what says it in others.
constexpr Foreign of_xinetd[] = {
    {"type", "what kind of service an entry of xinetd is",
     "INTERNAL is `internal` in the sixth field, UNLISTED a port's number in the first, RPC "
     "rpc_version, TCPMUX tcpmux"},
    {"flags", "what else holds for an entry of xinetd",
     "INTERCEPT is intercept, IDONLY ident_only, NODELAY nodelay, KEEPALIVE keepalive, SENSOR the "
     "builtin sensor, IPv4 and IPv6 tcp4 and tcp6 in the third field"},
    {"enabled", "xinetd's defaults name the only services that are there", "`disable` in others"},
    {"disabled", "xinetd's defaults name services that are left out", "`disable` in these"},
    {"include", "reads another file of xinetd", "`.include FILE`"},
    {"includedir", "reads the files of a directory whose names have no dot",
     "`.include DIRECTORY/*.conf`, or the drop-ins"},
    {"defaults", "what all entries of xinetd have unless they say otherwise", "[defaults]"},
};

std::string full(const Foreign& foreign) {
    return fmt::format("{}: {}.\n  natively:   {}\n  see:        minetd-xinetd(7)\n", foreign.name,
                       foreign.help, foreign.natively);
}

}  // namespace

std::string list_attributes() {
    std::string out =
        "# attributes of services, in [defaults] or [service]: name, default, meaning\n";
    for (const auto& row : service_attributes()) out += brief(row);
    out += "\n# attributes of the daemon, in [minetd]\n";
    for (const auto& row : daemon_attributes()) out += brief(row);
    return out;
}

std::string explain_attribute(std::string_view name, std::string& suggestion) {
    std::string out;
    if (const auto* row = find_service_attribute(name))
        out = full(*row, row->in_defaults ? "[defaults], [service]" : "[service]");
    if (const auto* row = find_daemon_attribute(name)) out += full(*row, "[minetd]");
    for (const Foreign& foreign : of_xinetd)
        if (out.empty() && same_word(foreign.name, name)) out = full(foreign);
    if (out.empty()) suggestion = suggest_attribute(name);
    return out;
}

}  // namespace minetd
