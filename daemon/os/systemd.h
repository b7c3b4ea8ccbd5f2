// SPDX-License-Identifier: ISC
// The service manager: readiness and status by sd_notify(3). Without libsystemd, or without a
// manager that listens, every call is a no-op.
#pragma once

#include <span>
#include <string>
#include <utility>

namespace minetd::systemd {

/// Sends a state such as "READY=1\nSTATUS=…".
void notify(const std::string& state) noexcept;
/// A manager waits to hear from us: NOTIFY_SOCKET is set.
bool has_notify_socket() noexcept;

using JournalField = std::pair<const char*, std::string>;
/// One journal entry with native fields; false where there is no journal.
bool journal(int priority, const std::string& message,
             std::span<const JournalField> fields) noexcept;
/// Compiled with the journal at all?
bool has_journal() noexcept;

}  // namespace minetd::systemd
