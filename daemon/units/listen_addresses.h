// SPDX-License-Identifier: ISC
// Where a service listens, as a socket unit says it: systemd.socket(5).
#pragma once

#include <string>
#include <vector>

#include "daemon/config/service_spec.h"
#include "daemon/units/unit_file.h"

namespace minetd {

struct ListenAddresses {
    std::string key;                  ///< ListenStream and the like
    std::vector<std::string> values;  ///< quoted
    std::string protocol;             ///< SocketProtocol=; empty: the usual one
    bool v6_too = false;              ///< some are IPv6
    bool both = false;                ///< those take IPv4 peers as well
    std::string problem;              ///< why there are none; the sentence's end
};

/// What minetd itself would bind. `ipv6`: this host has it.
ListenAddresses listen_addresses(const ServiceSpec& spec, bool ipv6);

/// The addresses into [Socket], and how the sockets are made.
void write_socket_options(const ServiceSpec& spec, const ListenAddresses& addresses,
                          UnitFile& unit);

}  // namespace minetd
