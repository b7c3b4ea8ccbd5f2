// SPDX-License-Identifier: ISC
// Built instead of systemd.cc where libsystemd is not wanted.
#include "daemon/os/systemd.h"

namespace minetd::systemd {

bool can_notify() noexcept {
    return false;
}

void notify(const std::string&) noexcept {}
bool store(const std::string&, int) noexcept {
    return false;
}
void forget_stored(const std::string&) noexcept {}
bool has_notify_socket() noexcept {
    return false;
}
std::uint64_t watchdog_us() noexcept {
    return 0;
}

}  // namespace minetd::systemd
