// SPDX-License-Identifier: ISC
#include "daemon/os/systemd.h"

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>

#include <cstdlib>
#include <vector>

namespace minetd::systemd {

void notify(const std::string& state) noexcept {
    sd_notify(0, state.c_str());
}

bool has_notify_socket() noexcept {
    return std::getenv("NOTIFY_SOCKET") != nullptr;
}

bool journal(int priority, const std::string& message,
             std::span<const JournalField> fields) noexcept {
    std::vector<std::string> text{"PRIORITY=" + std::to_string(priority), "MESSAGE=" + message,
                                  "SYSLOG_IDENTIFIER=minetd"};
    for (const auto& [name, value] : fields) text.push_back(std::string(name) + '=' + value);
    std::vector<iovec> parts;
    for (std::string& item : text)
        parts.push_back({.iov_base = item.data(), .iov_len = item.size()});
    return sd_journal_sendv(parts.data(), static_cast<int>(parts.size())) == 0;
}

bool has_journal() noexcept {
    return true;
}

}  // namespace minetd::systemd
