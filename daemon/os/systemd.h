// SPDX-License-Identifier: ISC
// The service manager: readiness and status by sd_notify(3), on its way by systemd_outbox.h.
// Without libsystemd, or without a manager that listens, every call is a no-op.
#pragma once

#include <cstdint>
#include <string>

namespace minetd::systemd {

/// False where minetd was built without libsystemd.
bool can_notify() noexcept;
/// Sends a state such as "READY=1\nSTATUS=…".
void notify(const std::string& state) noexcept;
/// Has the manager keep a descriptor of ours over a restart, whatever ends us (FDSTORE=1 of
/// sd_notify(3)); `name` has no colon. False where there is no manager.
bool store(const std::string& name, int fd) noexcept;
/// The manager closes what it keeps by this name.
void forget_stored(const std::string& name) noexcept;
/// A manager waits to hear from us: NOTIFY_SOCKET is set.
bool has_notify_socket() noexcept;
/// How long the manager waits for a WATCHDOG=1 of this process, in microseconds; 0: it does not.
/// Takes the variables out of the environment (sd_watchdog_enabled(3)).
std::uint64_t watchdog_us() noexcept;

}  // namespace minetd::systemd
