// SPDX-License-Identifier: ISC
// The receiving side of an upgrade in place: what a former image of this process left.
#pragma once

#include <optional>

#include "daemon/command_line.h"
#include "daemon/handover.h"

namespace minetd {

/// The handover that this image was started with, if any. Its descriptors stay in this process from
/// now on. Throws std::exception when it cannot be read.
std::optional<Handover> receive_handover();

/// What dump() printed, as it was meant. Throws std::runtime_error when this version does not
/// understand it.
Configuration read_dump(const std::string& text);

/// --check-handover: reads the configuration and the state in memory file `line.handover` as an
/// upgrade would, changes nothing, and says `can_take_over` or what is wrong. The exit status.
int check_handover(const CommandLine& line);

}  // namespace minetd
