// SPDX-License-Identifier: ISC
#include "services/registry.h"

#include <strings.h>

#include <algorithm>

#include "services/builtins.h"

namespace minetd {

namespace {

// One row per builtin, under the name that every inetd knows it by.
constexpr Builtin table[] = {
    {"echo", {.datagram = true}, make_echo, "sends back what it receives (RFC 862)"},
    {"discard", {.datagram = true}, make_discard, "throws away what it receives (RFC 863)"},
    {"chargen",
     {.datagram = true, .client_speaks_first = false},
     make_chargen,
     "sends characters without end (RFC 864)"},
    {"daytime",
     {.datagram = true, .client_speaks_first = false},
     make_daytime,
     "sends the local time as a line of text (RFC 867)"},
    {"time",
     {.datagram = true, .client_speaks_first = false},
     make_time,
     "sends the seconds since 1900 in four bytes (RFC 868)"},
    {"tcpmux", {}, make_tcpmux, "passes the connection to the service the client names (RFC 1078)"},
};

}  // namespace

std::span<const Builtin> builtins() noexcept {
    return table;
}

const Builtin* find_builtin(std::string_view name) noexcept {
    const auto row = std::ranges::find_if(table, [name](const Builtin& builtin) {
        return builtin.name.size() == name.size() &&
               ::strncasecmp(builtin.name.data(), name.data(), name.size()) == 0;
    });
    return row == std::end(table) ? nullptr : row;
}

}  // namespace minetd
