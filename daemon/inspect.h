// SPDX-License-Identifier: ISC
// The actions that only look: --check, --dump, --attributes, --explain.
#pragma once

#include "daemon/command_line.h"

namespace minetd {

/// How this daemon reads its configuration, whatever for.
LoadOptions load_options(const CommandLine& line);

/// Prints what was asked for; returns the exit status.
int inspect(const CommandLine& line);

/// Prints every finding to standard error, as a person reads it.
void print(const Diagnostics& diagnostics);

}  // namespace minetd
