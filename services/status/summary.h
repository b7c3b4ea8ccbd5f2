// SPDX-License-Identifier: ISC
// What a snapshot comes to: workers by what they do, the string of letters, sums. Pure.
#pragma once

#include <string>

#include "services/status/snapshot.h"

namespace minetd::status {

/// Workers (of a program: its sessions) by letter.
struct Summary {
    std::uint64_t busy = 0;      ///< R, W, K, C
    std::uint64_t graceful = 0;  ///< G: of servers that are leaving
    std::uint64_t idle = 0;      ///< _
    std::uint64_t processes = 0, stopping = 0;
    std::uint64_t connections = 0, waiting = 0, writing = 0, keepalive = 0, closing = 0;
    double cpu_user = 0, cpu_system = 0;
    void add(const Summary& other) noexcept;
};

Summary summarize(const Service& service) noexcept;

/// A letter for each worker, and a dot for each that there may yet be.
std::string letters(const Service& service);

/// `1 day 2 hours 3 minutes 4 seconds`, as mod_status writes it.
std::string duration_text(std::int64_t seconds);
/// `Monday, 23-Nov-2026 22:36:07 UTC`.
std::string moment_text(std::time_t moment);
/// `Nov 23 2026 22:36:07`, or `unknown`.
std::string built_text(std::time_t built);

/// The service with this id or key; null when there is none.
const Service* find_service(const Snapshot& snapshot, std::string_view name) noexcept;

}  // namespace minetd::status
