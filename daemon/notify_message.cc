// SPDX-License-Identifier: ISC
#include "daemon/notify_message.h"

#include <algorithm>

namespace minetd {
namespace {

constexpr std::size_t longest_name = 255;

}  // namespace

bool is_descriptor_name(std::string_view name) noexcept {
    return !name.empty() && name.size() <= longest_name &&
           std::all_of(name.begin(), name.end(),
                       [](char byte) { return byte >= ' ' && byte <= '~' && byte != ':'; });
}

std::optional<NotifyMessage> parse_notify_message(std::string_view text) {
    NotifyMessage message{.name = "stored", .pid_file = {}};
    if (text.find('\0') != text.npos) return std::nullopt;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.empty()) continue;
        const std::size_t equals = line.find('=');
        if (equals == line.npos || equals == 0) return std::nullopt;
        const std::string_view field = line.substr(0, equals), value = line.substr(equals + 1);
        const bool on = value == "1";
        if (field == "READY") message.ready = on;
        if (field == "FDSTORE") message.store = on;
        if (field == "FDSTOREREMOVE") message.remove = on;
        if (field == "WATCHDOG") message.alive = on;
        if (field == pid_file_field) message.pid_file = value;
        if (field != "FDNAME") continue;
        if (!is_descriptor_name(value)) return std::nullopt;
        message.name = value;
    }
    return message;
}

}  // namespace minetd
