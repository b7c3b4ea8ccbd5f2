// SPDX-License-Identifier: ISC
#include "mpm/notify_message.h"

#include <algorithm>

namespace minetd {
namespace {

void apply(std::string_view line, NotifyMessage& message) noexcept {
    if (line == "READY=1")
        message.ready = true;
    else if (line == "STOPPING=1")
        message.stopping = true;
    else if (line == "WATCHDOG=1")
        message.alive = true;
    else if (line == "WATCHDOG=trigger")
        message.stuck = true;
    else if (line == "X_MINETD_STATE=busy")
        message.busy = true;
    else if (line == "X_MINETD_STATE=idle")
        message.busy = false;
}

}  // namespace

NotifyMessage parse_notification(std::string_view text) noexcept {
    NotifyMessage message;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        apply(text.substr(0, end), message);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return message;
}

}  // namespace minetd
