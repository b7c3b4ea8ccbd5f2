// SPDX-License-Identifier: ISC
// When a daemon that ended is started again, and how soon; numbers only. What systemd.service(5)
// does for Restart=on-failure and RestartPreventExitStatus=64 78, and a wait that grows.
#pragma once

#include <optional>

#include "daemon/os/clock.h"

namespace minetd {

/// What its supervisor saw of a daemon.
struct EndedDaemon {
    int status = 0;             ///< as wait(2) tells it
    bool was_ready = false;     ///< it has served
    bool first = false;         ///< none before it has served
    bool asked_to_end = false;  ///< by TERM, INT or QUIT
};

/// The exit status that tells the same as this wait status: 128 and the signal, as in a shell.
int exit_status(int wait_status) noexcept;

/// The status with which the supervisor ends too; none: the daemon is started again.
std::optional<int> end_of_supervision(const EndedDaemon& ended) noexcept;

/// How many lives ended badly in a row, with the one that served for so long.
unsigned failures_after(unsigned failures, Milliseconds served) noexcept;

/// How long to wait after so many, which are at least one.
Milliseconds restart_delay(unsigned failures) noexcept;

}  // namespace minetd
