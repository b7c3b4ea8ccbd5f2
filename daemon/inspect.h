// SPDX-License-Identifier: ISC
// The actions that do not serve: --check, --dump, --attributes, --explain, --systemd-units.
#pragma once

#include "daemon/command_line.h"

namespace minetd {

/// How configurations are read, but for what the command line says.
LoadOptions load_options();

/// The configuration as the command line has it, whatever it is read for. Throws nothing.
Configuration load(const CommandLine& line, bool check_host, Diagnostics& diagnostics);

/// Where the daemon's messages go.
LogTarget log_target(const CommandLine& line, const Configuration& configuration);

/// Prints what was asked for; returns the exit status.
int inspect(const CommandLine& line);

/// Prints every finding to standard error, as a person reads it.
void print(const Diagnostics& diagnostics);

/// Of a start: to standard error, and to the log where that is another place, since whoever starts
/// a daemon at boot keeps no standard error.
void report(const Diagnostics& diagnostics, const CommandLine& line,
            const Configuration& configuration);

}  // namespace minetd
