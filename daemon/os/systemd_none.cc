// SPDX-License-Identifier: ISC
// Built instead of systemd.cc where libsystemd is not wanted.
#include "daemon/os/systemd.h"

namespace minetd::systemd {

void notify(const std::string&) noexcept {}
bool has_notify_socket() noexcept {
    return false;
}
bool journal(int, const std::string&, std::span<const JournalField>) noexcept {
    return false;
}
bool has_journal() noexcept {
    return false;
}

}  // namespace minetd::systemd
