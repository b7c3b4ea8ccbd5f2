// SPDX-License-Identifier: ISC
// The builtin services: one maker each, and the pure text they answer with. registry.cc is the
// table that names them.
#pragma once

#include <array>
#include <cstdint>
#include <ctime>
#include <memory>
#include <optional>
#include <string_view>

#include "services/handler.h"

namespace minetd {

std::unique_ptr<Handler> make_echo(const ServiceContext&);      ///< RFC 862
std::unique_ptr<Handler> make_discard(const ServiceContext&);   ///< RFC 863
std::unique_ptr<Handler> make_chargen(const ServiceContext&);   ///< RFC 864
std::unique_ptr<Handler> make_daytime(const ServiceContext&);   ///< RFC 867
std::unique_ptr<Handler> make_time(const ServiceContext&);      ///< RFC 868
std::unique_ptr<Handler> make_qotd(const ServiceContext&);      ///< RFC 865; [FILE]
std::unique_ptr<Handler> make_http(const ServiceContext&);      ///< RFC 9110; DIRECTORY [INDEX...]
std::unique_ptr<Handler> make_status(const ServiceContext&);    ///< all services, over HTTP
std::unique_ptr<Handler> make_services(const ServiceContext&);  ///< all services, a line each
std::unique_ptr<Handler> make_servers(const ServiceContext&);   ///< who is served, a line each
std::unique_ptr<Handler> make_sensor(const ServiceContext&);    ///< xinetd's SENSOR
std::unique_ptr<Handler> make_tcpmux(const ServiceContext&);    ///< RFC 1078
std::unique_ptr<Handler> make_redirect(const ServiceContext&);  ///< HOST PORT

/// RFC 864's customary pattern for one whole turn: 95 lines of 72 printing characters and CRLF,
/// each line beginning one character later than the one before. Repeating it continues the pattern.
std::string_view chargen_turn() noexcept;

/// `Thu Jan  1 00:00:00 1970` in local time and CRLF; nothing when the moment has no such form.
std::optional<std::array<char, 26>> daytime_line(std::time_t now) noexcept;

/// RFC 868: seconds since 1900-01-01 UTC, 32 bits, big-endian. `now` is in seconds since 1970; what
/// is sent wraps on 2036-02-07, as the RFC's 32 bits must.
std::array<char, 4> time_word(std::int64_t now) noexcept;

}  // namespace minetd
