// SPDX-License-Identifier: ISC
// What a process that runs a handler knows of its service.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "daemon/config/admission_spec.h"
#include "daemon/os/socket_address.h"

namespace minetd {

namespace status {
class Source;
}

struct ServiceContext {
    std::string service;                 ///< its id
    std::vector<std::string> arguments;  ///< what follows the builtin's name on the line
    std::vector<std::string> mux_names;  ///< services reachable through tcpmux, as HELP lists them
    /// UDP ports (host order) of this daemon's own builtin datagram services: two of them answering
    /// each other is the classic loop.
    std::vector<std::uint16_t> own_udp_ports;
    Redirect redirect;            ///< where `redirect` forwards to
    std::string module;           ///< which file a loadable service is: see module_stamp()
    unsigned idle_timeout = 300;  ///< seconds; 0: never
    /// What `status` shows; null where nobody gave it anything to show.
    const status::Source* status = nullptr;
    /// Where `sensor` tells of who came; for any thread. Empty where nobody wants to know.
    std::function<void(const SocketAddress& peer)> alarm;
};

}  // namespace minetd
