// SPDX-License-Identifier: ISC
// The probe as a resident program: it takes its listening sockets by LISTEN_FDS, serves one client
// at a time and does what that client's lines say.
#pragma once

#include <string>
#include <vector>

namespace minetd {

/// Words: `ready` says READY=1 at once, `late` when the file named by the next word exists; `state`
/// tells idle and busy; `ping` keeps the watchdog quiet; `deaf` ignores TERM; `blocking` accepts
/// without looking first; `fail` and `leave` end at once, with status 1 and 0.
int serve_resident(const std::vector<std::string>& words);

}  // namespace minetd
