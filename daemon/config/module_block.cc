// SPDX-License-Identifier: ISC
#include "daemon/config/module_block.h"

#include <algorithm>

#include "daemon/config/codecs.h"
#include "daemon/config/values.h"

namespace minetd {
namespace {

/// `prefork.c`, `mpm_prefork.c`, `mpm_prefork_module` and `mpm_prefork` are all `prefork`.
std::string_view bare(std::string_view module) noexcept {
    for (const std::string_view end : {".c", "_module"})
        if (module.size() > end.size() && same_word(module.substr(module.size() - end.size()), end))
            module.remove_suffix(end.size());
    for (const std::string_view start : {"mpm_", "mpmt_"})
        if (module.size() > start.size() && same_word(module.substr(0, start.size()), start))
            module.remove_prefix(start.size());
    return module;
}

}  // namespace

std::optional<std::string_view> block_text(std::string_view line) {
    constexpr std::string_view blanks = " \t\f";
    line = line.substr(0, line.find_last_not_of(blanks) + 1);
    if (line.size() < 2 || line.front() != '<' || line.back() != '>') return std::nullopt;
    return line.substr(1, line.size() - 2);
}

std::optional<Serve> mpm_from(std::string_view module) noexcept {
    const std::string_view name = bare(module);
    for (const std::string_view one : {"netware", "winnt", "os2"})
        if (same_word(one, name)) return Serve::threads;
    for (const codec::Name<Serve>& one : codec::names<Serve>())
        if (one.value != Serve::nowait && one.value != Serve::wait && same_word(one.word, name))
            return one.value;
    return std::nullopt;
}

bool holds(const ModuleBlock* block, Serve serve) noexcept {
    for (; block; block = block->outer.get())
        if ((mpm_from(block->module) == serve) == block->unless) return false;
    return true;
}

}  // namespace minetd
