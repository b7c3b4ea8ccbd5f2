// SPDX-License-Identifier: ISC
// A reload with a result. Whoever asks sends SIGHUP by sigqueue(3) with a value that says so, and is
// answered by SIGUSR1 with the outcome; a HUP of kill(1) is answered by nobody. Both sides believe
// only root and their own user.
#pragma once

#include <sys/types.h>

namespace minetd {

/// Asks the daemon, and waits for as long as it lives. Returns the exit status: 0, 78 when something
/// in the configuration could not be used (the daemon's log has it), 69 when there is no daemon.
int request_reload(pid_t daemon);

/// Answers a HUP that asked for an answer. `whole`: everything could be used.
void answer_reload_request(pid_t asker, int value, bool whole) noexcept;

}  // namespace minetd
