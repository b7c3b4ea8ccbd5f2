// SPDX-License-Identifier: ISC
// The action --systemd-units: a configuration goes into units of systemd.
#pragma once

#include "daemon/command_line.h"

namespace minetd {

/// Writes them, and says what they do not do; returns the exit status. Throws std::system_error.
int write_systemd_units(const CommandLine& line);

}  // namespace minetd
