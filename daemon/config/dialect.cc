// SPDX-License-Identifier: ISC
#include "daemon/config/dialect.h"

#include <stdexcept>
#include <string>

namespace minetd {
namespace {

constexpr DialectRules dialects[] = {
    // name, dialect, tcp is v4, inline #, user.group, argv[0] = path, continuation, quotes, .0
    {"auto", Dialect::automatic, false, false, true, false, Continuation::indent, Quotes::anywhere,
     ZeroRate::reject},
    {"minetd", Dialect::minetd, false, false, true, false, Continuation::indent, Quotes::anywhere,
     ZeroRate::reject},
    {"inetd-bsd", Dialect::inetd_bsd, true, false, true, false, Continuation::indent,
     Quotes::ordinary, ZeroRate::reject},
    {"inetd-freebsd", Dialect::inetd_freebsd, true, false, false, false, Continuation::indent,
     Quotes::at_start, ZeroRate::reject},
    {"inetd-netbsd", Dialect::inetd_netbsd, true, false, true, false, Continuation::indent,
     Quotes::anywhere, ZeroRate::never},
    {"inetd-debian", Dialect::inetd_debian, false, false, true, false, Continuation::indent,
     Quotes::ordinary, ZeroRate::reject},
    {"inetd-gnu", Dialect::inetd_gnu, true, false, true, false, Continuation::none, Quotes::gnu,
     ZeroRate::unlimited},
    {"inetd-busybox", Dialect::inetd_busybox, true, true, true, true, Continuation::backslash,
     Quotes::ordinary, ZeroRate::unlimited},
    {"xinetd", Dialect::xinetd, false, false, true, false, Continuation::none, Quotes::ordinary,
     ZeroRate::reject},
};

}  // namespace

const DialectRules& rules_of(Dialect dialect) noexcept {
    for (const DialectRules& rules : dialects)
        if (rules.dialect == dialect) return rules;
    return dialects[0];
}

Dialect dialect_from(std::string_view name) {
    std::string known;
    for (const DialectRules& rules : dialects) {
        if (rules.name == name) return rules.dialect;
        known += (known.empty() ? "" : ", ") + std::string(rules.name);
    }
    throw std::invalid_argument("there is no dialect `" + std::string(name) + "`; there are " +
                                known);
}

}  // namespace minetd
