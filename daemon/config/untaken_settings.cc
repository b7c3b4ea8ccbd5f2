// SPDX-License-Identifier: ISC
#include "daemon/config/untaken_settings.h"

#include <fmt/core.h>

#include <utility>

#include "daemon/config/foreign_directives.h"
#include "daemon/config/pool_attributes.h"

namespace minetd {

bool tell_untaken(const Setting& setting, const Row<ServiceSpec>* row, Diagnostics& diagnostics) {
    if (tell_foreign(setting, diagnostics)) return true;
    std::string message = fmt::format("there is no attribute `{}`", setting.name),
                advice = suggest_attribute(setting.name);
    if (row)
        message = fmt::format("{} is no default: it is each service's own", row->name),
        advice = "say it in the service's section";
    else if (find_daemon_attribute(setting.name))
        advice = "that is one of the daemon itself: say it in [minetd]";
    diagnostics.error(setting.where, message, advice);
    return false;
}

bool tell_foreign(const Setting& setting, Diagnostics& diagnostics) {
    const ForeignDirective* foreign = find_foreign_directive(setting.name);
    if (foreign)
        diagnostics.warning(setting.where,
                            fmt::format("{} has no meaning here: {}", foreign->name, foreign->why),
                            std::string(foreign->instead));
    return foreign != nullptr;
}

void tell_blocks(const Section& section, Serve serve, Diagnostics& diagnostics) {
    if (section.broken) return;
    const ModuleBlock *skipped = nullptr, *told = nullptr;
    bool taken = false;
    for (const Setting& setting : section.settings) {
        const ModuleBlock* block = setting.block.get();
        if (!block || block->unless) continue;
        if (mpm_from(block->module)) {
            taken = taken || holds(block, serve);
            if (!skipped) skipped = block;
        } else if (block != std::exchange(told, block)) {
            diagnostics.warning(
                block->where,
                fmt::format("there is no module {}: this block is skipped", block->module),
                "take the block's lines out, and what is for this service into the section");
        }
    }
    if (!skipped || taken) return;
    const auto text = [](Serve mpm) { return mpms_text(1U << static_cast<unsigned>(mpm)); };
    diagnostics.warning(
        skipped->where,
        fmt::format("this service is served by {}: what is in blocks for others is skipped",
                    text(serve)),
        fmt::format("write {} in the fourth field, or leave the <IfModule> lines out",
                    text(*mpm_from(skipped->module))));
}

}  // namespace minetd
