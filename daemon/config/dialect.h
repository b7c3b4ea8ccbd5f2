// SPDX-License-Identifier: ISC
// What the inetds disagree about, one row per dialect.
#pragma once

#include <cstdint>
#include <string_view>

#include "daemon/config/configuration.h"

namespace minetd {

/// How a record goes on in the next line.
enum class Continuation : std::uint8_t { indent, backslash, none };

/// Where quotes mean something.
enum class Quotes : std::uint8_t {
    anywhere,     ///< NetBSD: both kinds, opening and closing anywhere in a word
    at_start,     ///< FreeBSD: a word that starts with one; the closing quote ends the word
    gnu,          ///< inetutils: as at_start, and `"` also splits words
    ordinary,     ///< OpenBSD, Debian, busybox: a quote is a byte like any other
    with_escapes  ///< minetd's sections: `anywhere`, and backslash escapes between double quotes
};

/// What `nowait.0` means.
enum class ZeroRate : std::uint8_t { reject, never, unlimited };

struct DialectRules {
    std::string_view name;
    Dialect dialect;
    bool tcp_is_v4;       ///< a bare `tcp` or `udp` is IPv4 only
    bool inline_comment;  ///< `#` ends a line anywhere
    bool dotted_group;    ///< `user.group` as well as `user:group`
    bool full_argv0;      ///< a missing argv[0] is the program's path, not its last component
    Continuation continuation;
    Quotes quotes;
    ZeroRate zero_rate;
};

const DialectRules& rules_of(Dialect dialect) noexcept;

}  // namespace minetd
