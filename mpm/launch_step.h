// SPDX-License-Identifier: ISC
// The steps from a new process to a program or a server, in their order.
#pragma once

#include <cstdint>

namespace minetd {

/// Where a start can fail, for the record.
enum class LaunchStep : std::uint8_t {
    none,
    session,
    limits,
    priority,
    namespaces,
    root,
    bounding,
    group,
    groups,
    user,
    capabilities,
    directory,
    descriptors,
    error_output,
    no_new_privs,
    landlock,
    seccomp,
    exec
};

}  // namespace minetd
