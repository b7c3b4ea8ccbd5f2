// SPDX-License-Identifier: ISC
#include "daemon/units/minetd_unit.h"

#include <string_view>

namespace minetd {

void write_minetd_service(Configuration configuration, const std::string& minetd, UnitFile& unit) {
    const auto set = [&](std::string_view key, std::string_view value) {
        unit.set("Service", key, value);
    };
    configuration.daemon.pid_file.clear();
    configuration.daemon.log = {};
    set("Type", "notify");
    set("ExecStart", unit_word(minetd) + " --foreground --log journal --config /dev/stdin");
    // As minetd.service; its comments say why.
    set("WatchdogSec", "30s");
    set("Restart", "on-failure");
    set("RestartPreventExitStatus", "64 78");
    set("RestartSec", "100ms");
    set("FileDescriptorStoreMax", "4096");
    set("KillMode", "process");
    set("TimeoutStopSec", "90s");
    set("Delegate", "yes");
    set("LimitNOFILE", "524288");
    set("StandardInput", "data");
    // An empty one would take back those before it.
    const std::string text = dump(configuration);
    for (std::string_view rest = text; !rest.empty();) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(line.size() + (line.size() < rest.size() ? 1 : 0));
        if (!line.empty()) set("StandardInputText", unit_text(line));
    }
}

}  // namespace minetd
