// SPDX-License-Identifier: ISC
#include "daemon/os/systemd.h"

#include <systemd/sd-daemon.h>

#include <cstdlib>

namespace minetd::systemd {

void notify(const std::string& state) noexcept {
    sd_notify(0, state.c_str());
}

bool has_notify_socket() noexcept {
    return std::getenv("NOTIFY_SOCKET") != nullptr;
}

}  // namespace minetd::systemd
