// SPDX-License-Identifier: ISC
// How long a connection may stay in each phase of its life. A phase is what the connection waits
// for; when the time is over, it is closed.
#pragma once

#include "daemon/config/service_spec.h"
#include "daemon/os/clock.h"
#include "services/handler.h"

namespace minetd {

enum class Phase : std::uint8_t {
    first_byte,  ///< accepted, and nothing has come
    request,     ///< the beginning of a request is here: counted from its first byte
    write,       ///< output is owed: counted from the last byte that went
    keep_alive,  ///< between two requests
    linger,      ///< all is said: for the peer's end
};
inline constexpr unsigned phases = 5;

/// Milliseconds for each phase; 0: for ever.
struct Deadlines {
    Milliseconds limit[phases] = {};

    Milliseconds operator[](Phase phase) const noexcept {
        return limit[static_cast<unsigned>(phase)];
    }
};

/// What the configuration says; else what the handler wants; else idle_timeout.
inline Deadlines deadlines_of(const ServiceSpec& spec, const HandlerTraits& traits) noexcept {
    const auto choose = [&](std::optional<unsigned> said, unsigned wanted) {
        const unsigned seconds = said.value_or(wanted != 0 ? wanted : spec.idle_timeout);
        return Milliseconds{1000} * seconds;
    };
    return {.limit = {choose(spec.timeouts.first_byte, traits.request_timeout),
                      choose(spec.timeouts.request, traits.request_timeout),
                      choose(spec.timeouts.write, 0),
                      choose(spec.timeouts.keep_alive, traits.keep_alive_timeout),
                      Milliseconds{1000} * spec.timeouts.linger}};
}

}  // namespace minetd
