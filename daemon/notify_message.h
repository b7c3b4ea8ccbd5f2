// SPDX-License-Identifier: ISC
// What of an sd_notify(3) message concerns a keeper of descriptors. The rest is for others and
// ignored.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace minetd {

struct NotifyMessage {
    bool ready = false;   ///< READY=1
    bool store = false;   ///< FDSTORE=1
    bool remove = false;  ///< FDSTOREREMOVE=1
    std::string name;     ///< FDNAME, or `stored`
};

/// Empty for what sd_notify(3) cannot have sent: a line that is no assignment, a NUL, or a name
/// that LISTEN_FDNAMES could not carry.
std::optional<NotifyMessage> parse_notify_message(std::string_view text);

/// At most 255 printable bytes of ASCII, and no colon, which separates them.
bool is_descriptor_name(std::string_view name) noexcept;

}  // namespace minetd
