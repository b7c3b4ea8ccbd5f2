// SPDX-License-Identifier: ISC
// How busy the host is; asked without the C library, so that a child on borrowed memory may.
#pragma once

#include <sys/sysinfo.h>

#include "daemon/os/raw_syscall.h"

namespace minetd {

/// Runnable and uninterruptible tasks, averaged over about a minute (sysinfo(2), proc_loadavg(5)).
inline double load_average() noexcept {
    struct sysinfo info {};
    if (raw::syscall(SYS_sysinfo, &info) < 0) return 0;
    return static_cast<double>(info.loads[0]) / (1 << SI_LOAD_SHIFT);
}

}  // namespace minetd
