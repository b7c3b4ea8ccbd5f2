// SPDX-License-Identifier: ISC
#include "daemon/os/systemd.h"

#include <systemd/sd-daemon.h>

#include <cstdlib>

namespace minetd::systemd {

bool can_notify() noexcept {
    return true;
}

void notify(const std::string& state) noexcept {
    sd_notify(0, state.c_str());
}

bool store(const std::string& name, int fd) noexcept {
    return sd_pid_notify_with_fds(0, 0, ("FDSTORE=1\nFDNAME=" + name).c_str(), &fd, 1) > 0;
}

void forget_stored(const std::string& name) noexcept {
    sd_notify(0, ("FDSTOREREMOVE=1\nFDNAME=" + name).c_str());
}

bool has_notify_socket() noexcept {
    return std::getenv("NOTIFY_SOCKET") != nullptr;
}

std::uint64_t watchdog_us() noexcept {
    std::uint64_t usec = 0;
    return sd_watchdog_enabled(1, &usec) > 0 ? usec : 0;
}

}  // namespace minetd::systemd
