// SPDX-License-Identifier: ISC
// Cases played against a daemon. Those that can share one do, so that hundreds of them take
// seconds.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "tests/peers/xinetd/case.h"

namespace minetd {

struct TestedDaemon {
    const char* name;
    /// The command for a configuration file and a log file; options of the case go behind it.
    std::vector<std::string> (*command)(const std::string& file, const std::string& log);
};
extern const TestedDaemon xinetd, minetd_itself;

/// What each case tells, in their order; `-` and what went wrong for one that could not be played.
std::vector<std::string> play_all(const TestedDaemon& daemon, std::span<const Case> cases);

}  // namespace minetd
