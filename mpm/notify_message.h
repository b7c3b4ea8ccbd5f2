// SPDX-License-Identifier: ISC
// What a resident program says of itself: the text of one sd_notify(3) datagram, `NAME=value`
// lines. Whatever else a program tells its service manager is no business of a pool's and passed
// over.
#pragma once

#include <optional>
#include <string_view>

namespace minetd {

struct NotifyMessage {
    bool ready = false;        ///< READY=1
    bool stopping = false;     ///< STOPPING=1
    bool alive = false;        ///< WATCHDOG=1
    bool stuck = false;        ///< WATCHDOG=trigger
    std::optional<bool> busy;  ///< X_MINETD_STATE=busy or =idle; of several the last

    bool operator==(const NotifyMessage&) const = default;
};

/// Any bytes may come: a line that is not exactly one of the above says nothing.
NotifyMessage parse_notification(std::string_view text) noexcept;

}  // namespace minetd
