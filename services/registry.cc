// SPDX-License-Identifier: ISC
#include "services/registry.h"

#include <strings.h>

#include <algorithm>
#include <stdexcept>
#include <string>

#include "daemon/config/module_file.h"
#include "services/builtins.h"
#include "services/module.h"

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
    {"qotd",
     {.datagram = true, .client_speaks_first = false},
     make_qotd,
     "sends a quotation, one of a FILE's in fortune's form if one is named (RFC 865)"},
    {"http",
     {.evictable = true, .keep_alive_timeout = 5, .request_timeout = 20},
     make_http,
     "serves the files below a DIRECTORY (RFC 9110), for a directory its index.html or an INDEX"},
    {"status",
     {.evictable = true, .shows_boards = true, .keep_alive_timeout = 5, .request_timeout = 20},
     make_status,
     "shows over HTTP what all services do: a page, ?auto as Apache's mod_status, ?json"},
    {"sensor",
     {.datagram = true, .client_speaks_first = false, .silent = true},
     make_sensor,
     "answers nothing; whoever comes is refused by every service for deny_time"},
    {"services",
     {.client_speaks_first = false, .shows_boards = true},
     make_services,
     "lists all services: id, protocol, port and who serves them"},
    {"servers",
     {.client_speaks_first = false, .shows_boards = true},
     make_servers,
     "lists who is being served: id, process, peer, and since when"},
    {"redirect",
     {.client_speaks_first = false},
     make_redirect,
     "forwards the connection to a HOST and PORT (see the attribute of that name)"},
    {"tcpmux",
     {.request_timeout = 20},
     make_tcpmux,
     "passes the connection to the service the client names (RFC 1078)"},
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

namespace {

Module open_module(const std::string& name) {
    const std::string file = module_file(name);
    if (file.empty()) throw std::runtime_error("there is no builtin " + name);
    return Module(file);
}

}  // namespace

bool shows_boards(const ServiceSpec& spec) noexcept {
    const Builtin* const builtin = find_builtin(spec.builtin);
    return builtin != nullptr && builtin->traits.shows_boards;
}

bool is_sensor(const ServiceSpec& spec) noexcept {
    const Builtin* const builtin = find_builtin(spec.builtin);
    return builtin != nullptr && builtin->make == make_sensor;
}

std::unique_ptr<Handler> make_handler(const ServiceSpec& spec, const ServiceContext& context,
                                      LogLine log) {
    std::unique_ptr<Handler> handler;
    if (const Builtin* const builtin = find_builtin(spec.builtin)) {
        handler = builtin->make(context);
        handler->declare(builtin->traits);
    } else {
        handler = make_module_handler(open_module(spec.builtin), context, std::move(log));
    }
    const HandlerTraits& traits = handler->traits();
    if (!(spec.is_datagram() ? traits.datagram : traits.stream))
        throw std::runtime_error(spec.builtin + " does not serve " +
                                 (spec.is_datagram() ? "datagrams" : "connections"));
    return handler;
}

void prepare_handler(const ServiceSpec& spec) {
    if (find_builtin(spec.builtin) == nullptr) open_module(spec.builtin);
}

}  // namespace minetd
