// SPDX-License-Identifier: ISC
// What of an sd_notify(3) message concerns the supervisor. The rest is for others and ignored.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace minetd {

struct NotifyMessage {
    bool ready = false;                   ///< READY=1
    bool store = false;                   ///< FDSTORE=1
    bool remove = false;                  ///< FDSTOREREMOVE=1
    bool alive = false;                   ///< WATCHDOG=1
    std::string name;                     ///< FDNAME, or `stored`
    std::optional<std::string> pid_file;  ///< X_MINETD_PID_FILE; empty: there is none any more
};

/// A field of our own: the absolute path of the pid file, which whoever outlives the daemon
/// removes.
inline constexpr std::string_view pid_file_field = "X_MINETD_PID_FILE";

/// Empty for what sd_notify(3) cannot have sent: a line that is no assignment, a NUL, or a name
/// that LISTEN_FDNAMES could not carry.
std::optional<NotifyMessage> parse_notify_message(std::string_view text);

/// At most 255 printable bytes of ASCII, and no colon, which separates them.
bool is_descriptor_name(std::string_view name) noexcept;

}  // namespace minetd
