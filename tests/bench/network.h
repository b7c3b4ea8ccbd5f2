// SPDX-License-Identifier: ISC
// The network a run happens in: one of its own where that is possible, so that ports (7 included)
// are free and no name service, firewall or neighbour has a part in the figures.
#pragma once

#include <cstdint>
#include <vector>

namespace minetd::bench {

/// Moves the calling process into a network namespace of its own with the loopback up. False where
/// this is not permitted; the run then shares the host's network and cannot bind ports below 1024.
bool enter_own_network();

/// The ports of all listening TCP sockets of this network, both families, in no order
/// (sock_diag(7)). Throws std::system_error.
std::vector<std::uint16_t> listening_ports();

}  // namespace minetd::bench
