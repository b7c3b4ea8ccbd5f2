// SPDX-License-Identifier: ISC
#include "daemon/os/systemd.h"

#include <systemd/sd-daemon.h>

#include <cstdlib>

#include "daemon/os/systemd_outbox.h"

namespace minetd::systemd {

bool can_notify() noexcept {
    return true;
}

void notify(const std::string& state) noexcept {
    deliver(state);
}

bool store(const std::string& name, int fd) noexcept {
    return deliver("FDSTORE=1\nFDNAME=" + name, fd);
}

void forget_stored(const std::string& name) noexcept {
    deliver("FDSTOREREMOVE=1\nFDNAME=" + name);
}

bool has_notify_socket() noexcept {
    return std::getenv("NOTIFY_SOCKET") != nullptr;
}

std::uint64_t watchdog_us() noexcept {
    std::uint64_t usec = 0;
    return sd_watchdog_enabled(1, &usec) > 0 ? usec : 0;
}

}  // namespace minetd::systemd
