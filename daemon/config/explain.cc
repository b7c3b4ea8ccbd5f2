// SPDX-License-Identifier: ISC
// `--attributes` and `--explain`: the table as text.
#include <fmt/core.h>

#include "daemon/config/attributes.h"
#include "daemon/config/configuration.h"

namespace minetd {
namespace {

template <class Spec>
std::string brief(const Row<Spec>& row) {
    const std::string standard = row.format(Spec{});
    return fmt::format("{:<26} {:<14} {}\n", row.name, standard.empty() ? "-" : standard, row.help);
}

template <class Spec>
std::string full(const Row<Spec>& row, std::string_view where) {
    const std::string standard = row.format(Spec{});
    std::string out = fmt::format("{}: {}.\n", row.name, row.help);
    out += fmt::format("  value:      {}\n", row.type);
    if (row.type.starts_with("number") || row.type.starts_with("bytes") ||
        row.type.starts_with("seconds"))
        out += fmt::format("  range:      {} to {}\n", row.min, row.max);
    out += fmt::format("  default:    {}\n", standard.empty() ? "empty" : standard);
    if (!row.aliases.empty()) out += fmt::format("  also:       {}\n", row.aliases);
    out += fmt::format("  operators:  {}\n", row.operators ? "=, += and -=" : "=");
    out += fmt::format("  where:      {}\n", where);
    static constexpr std::string_view effects[] = {
        "counts at once", "replaces the service's running servers", "opens a new socket"};
    return out + fmt::format("  on reload:  {}\n", effects[static_cast<std::size_t>(row.effect)]);
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
    if (out.empty()) suggestion = suggest_attribute(name);
    return out;
}

}  // namespace minetd
