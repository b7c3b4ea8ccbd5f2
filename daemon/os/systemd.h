// SPDX-License-Identifier: ISC
// The service manager: readiness and status by sd_notify(3). Without libsystemd, or without a
// manager that listens, every call is a no-op.
#pragma once

#include <string>

namespace minetd::systemd {

/// Sends a state such as "READY=1\nSTATUS=…".
void notify(const std::string& state) noexcept;
/// A manager waits to hear from us: NOTIFY_SOCKET is set.
bool has_notify_socket() noexcept;

}  // namespace minetd::systemd
