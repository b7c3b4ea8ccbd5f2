// SPDX-License-Identifier: ISC
#include "daemon/systemd_units.h"

#include <fmt/core.h>
#include <sysexits.h>
#include <unistd.h>

#include <cstdio>
#include <stdexcept>

#include "daemon/inspect.h"
#include "daemon/os/socket.h"
#include "daemon/units/export.h"
#include "daemon/units/write_units.h"

namespace minetd {

int write_systemd_units(const CommandLine& line) {
    Diagnostics diagnostics;
    // They go to another host as often as not.
    const Configuration configuration = load(line, false, diagnostics);
    print(diagnostics);
    if (configuration.fatal) return EX_CONFIG;
    const LoadOptions options = load_options();
    const UnitExport units = export_units(
        configuration,
        {.minetd = MINETD_SBINDIR "/minetd", .ipv6 = has_ipv6(), .builtins = options.builtins});
    try {
        for (const std::string& name : write_units(units.files, line.units, line.force))
            fmt::print(stderr, "minetd: {}/{} is replaced\n", line.units, name);
    } catch (const std::system_error&) {
        throw;
    } catch (const std::runtime_error& error) {
        fmt::print(stderr, "minetd: {}\n", error.what());
        return EX_CANTCREAT;
    }
    for (const Loss& loss : units.losses)
        fmt::print(stderr, "{}: {}: {}\n", loss.where.str(), loss.service, loss.text);
    fmt::print(stderr, "{}: {} units for {} services, {} things that they do not do\n", line.units,
               units.files.size(), configuration.services.size(), units.losses.size());
    return diagnostics.failed() ? EX_CONFIG : EX_OK;
}

}  // namespace minetd
