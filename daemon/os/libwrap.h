// SPDX-License-Identifier: ISC
// The TCP wrappers' library: hosts.allow and hosts.deny (hosts_access(5)). It keeps its state in
// globals and looks names up while the caller waits: for a process of one thread that may wait.
// libwrap.cc has it, libwrap_none.cc is for systems without.
#pragma once

#include <string>

#include "daemon/os/socket_address.h"

namespace minetd::libwrap {

/// minetd was built with it.
bool available() noexcept;

struct Opinion {
    bool admits = false;
    std::string unreadable;  ///< nobody is admitted, as this file exists and cannot be read
};

/// May this client be served by `daemon`? Reads the files anew each time. Options that would act
/// (hosts_options(5)) do not: a `spawn` is not run, and whom a `twist` would serve is refused.
Opinion opinion(const std::string& daemon, const SocketAddress& client,
                const SocketAddress& server);

}  // namespace minetd::libwrap
