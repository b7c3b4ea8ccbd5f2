// SPDX-License-Identifier: ISC
#include "daemon/config/xinetd_native.h"

#include <algorithm>

#include "daemon/config/pool_attributes.h"
#include "daemon/config/values.h"

namespace minetd {
namespace {

void take(XinetdEntry& entry, const XinetdAttribute& attribute, const XinetdSetting& setting,
          Diagnostics& diagnostics) {
    const Row<ServiceSpec>& row = *find_service_attribute(attribute.native);
    const Place place = setting.words.empty() ? setting.place : setting.at(setting.words[0]);
    try {
        ServiceSpec scratch = entry.draft.spec;
        row.assign(row, scratch, setting.op, setting.words);
    } catch (const BadValue& bad) {
        throw BadValue(bad.what(),
                       bad.advice + (bad.advice.empty() ? "" : "; ") +
                           "or take the line out, which xinetd ignores",
                       bad.word);
    }
    entry.draft.assign(row, setting.op, setting.words, place, diagnostics);
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
                         .take = take});
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
