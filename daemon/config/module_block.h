// SPDX-License-Identifier: ISC
// `<IfModule [!]NAME>` ... `</IfModule>` of httpd.conf: settings for one MPM among several.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/config/diagnostics.h"
#include "daemon/config/service_spec.h"

namespace minetd {

struct ModuleBlock {
    std::string module;  ///< as written: `prefork.c`, `mpm_worker_module`
    bool unless = false;
    Where where;
    std::shared_ptr<const ModuleBlock> outer;  ///< may be null
    unsigned depth = 1;
};
/// Deeper ones are refused; nobody writes them.
constexpr unsigned deepest_block = 16;

/// What stands between `<` and `>` of a line; nothing if the line is no such thing.
std::optional<std::string_view> block_text(std::string_view line);

/// The MPM that a module of Apache's is, or the nearest to it; nothing for any other module.
std::optional<Serve> mpm_from(std::string_view module) noexcept;
/// Whether the settings in this block, and those around it, are for a service of this MPM. A
/// module that is no MPM is never there.
bool holds(const ModuleBlock* block, Serve serve) noexcept;

}  // namespace minetd
