// SPDX-License-Identifier: ISC
#include "daemon/config/xinetd_native.h"

#include <fmt/core.h>

#include <algorithm>

#include "daemon/config/pool_attributes.h"
#include "daemon/config/values.h"

namespace minetd {
namespace {

/// With the quotes and comments of a native file.
void take(XinetdEntry& entry, const XinetdAttribute& attribute, const XinetdSetting& setting,
          Diagnostics& diagnostics) {
    const Row<ServiceSpec>& row = *find_service_attribute(attribute.native);
    bool failed = false;
    const std::vector<Word> words =
        split(*setting.value, Quotes::with_escapes, true, diagnostics, failed);
    if (failed) return entry.draft.break_it();
    const auto place_of = [&](std::size_t word) {
        return word < words.size() ? setting.at(words[word]) : setting.place;
    };
    try {
        ServiceSpec scratch = entry.draft.spec;
        row.assign(row, scratch, setting.op, words);
    } catch (const BadValue& bad) {
        entry.draft.break_it();
        diagnostics.error(place_of(bad.word).where(), fmt::format("{}: {}", row.name, bad.what()),
                          bad.advice + (bad.advice.empty() ? "" : "; ") +
                              "or take the line out, which xinetd ignores");
        return;
    }
    entry.draft.assign(row, setting.op, words, place_of(0), diagnostics);
}

/// In xinetd's words: by the heading, the type or a flag; or it is as always with xinetd.
bool is_said_otherwise(std::string_view name) {
    static constexpr std::string_view names[] = {
        "service", "path",    "socket_user", "socket_group", "socket_mode", "tcpmux",   "builtin",
        "argv0",   "session", "keepalive",   "nodelay",      "ident_only",  "intercept"};
    return std::find(std::begin(names), std::end(names), name) != std::end(names) ||
           std::any_of(xinetd_attributes().begin(), xinetd_attributes().end(),
                       [&](const XinetdAttribute& known) {
                           return known.name == name || known.native == name;
                       });
}

std::vector<XinetdAttribute> make_table() {
    std::vector<XinetdAttribute> table;
    for (const Row<ServiceSpec>& row : service_attributes()) {
        if (find_pool_attribute(row.name) != nullptr || is_said_otherwise(row.name)) continue;
        table.push_back({.name = row.name,
                         .count = XinetdAttribute::Count::any,
                         .scope = row.in_defaults ? XinetdAttribute::Scope::both
                                                  : XinetdAttribute::Scope::service,
                         .list = row.operators,
                         .native = row.name,
                         .grammar = nullptr,
                         .take = take,
                         .own = true});
    }
    return table;
}

}  // namespace

std::span<const XinetdAttribute> native_attributes() {
    static const std::vector<XinetdAttribute> table = make_table();
    return table;
}

const XinetdAttribute* find_native_attribute(std::string_view name) {
    for (const XinetdAttribute& attribute : native_attributes())
        if (same_word(attribute.name, name)) return &attribute;
    return nullptr;
}

}  // namespace minetd
