// SPDX-License-Identifier: ISC
// The daemon as its supervisor starts it: with the descriptors that are kept for it, and with what
// sd_listen_fds(3) and sd_watchdog_enabled(3) say of them.
#pragma once

#include <sys/types.h>

#include "daemon/descriptor_store.h"
#include "daemon/invocation.h"
#include "daemon/os/clock.h"

namespace minetd {

/// As the daemon is to be started: it is told of its supervisor by what that adds.
Invocation of_daemon(const Invocation& supervisors);

/// What the supervisor was started with is for the daemon. Throws std::invalid_argument.
void take_passed(DescriptorStore& store);

/// `watchdog` is how long it may be silent; 0: for ever. Throws std::system_error.
pid_t start_daemon(const Invocation& daemon, const DescriptorStore& store, Milliseconds watchdog);

}  // namespace minetd
