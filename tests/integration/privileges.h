// SPDX-License-Identifier: ISC
// Root is not the same everywhere: in a container it may have no right to raise a limit.
#pragma once

#include <doctest/doctest.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace minetd {

/// True, said aloud, for who is not root.
inline bool lacks_root() {
    if (::geteuid() != 0) MESSAGE("SKIPPED: needs root");
    return ::geteuid() != 0;
}

/// Hard limits, too. Else that part is skipped, and it is said.
inline bool may_raise_limits() {
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    __user_cap_data_struct data[2]{};
    const bool may = ::syscall(SYS_capget, &header, data) == 0 &&
                     (data[0].effective >> CAP_SYS_RESOURCE & 1) != 0;
    if (!may) MESSAGE("SKIPPED: needs CAP_SYS_RESOURCE to raise a limit");
    return may;
}

}  // namespace minetd
