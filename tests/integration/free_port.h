// SPDX-License-Identifier: ISC
// Ports for the services of a test.
#pragma once

#include <cstdint>

namespace minetd {

/// A port that nobody uses, for both families and both protocols, that no other test process is
/// given meanwhile, and outside the range from which the kernel takes the clients' own ports.
/// Throws std::runtime_error when there is none.
std::uint16_t free_port();

}  // namespace minetd
