// SPDX-License-Identifier: ISC
#include "daemon/os/libwrap.h"

#define HAVE_WEAKSYMS
#include <tcpd.h>

#include "daemon/os/host_names.h"
#include "daemon/os/hosts_access.h"

namespace minetd::libwrap {

bool available() noexcept {
    return true;
}

Opinion opinion(const std::string& daemon, const SocketAddress& client,
                const SocketAddress& server) {
    for (const char* table : {hosts_allow_table, hosts_deny_table})
        if (std::string file = hosts_access::unreadable_file(table, daemon); !file.empty())
            return {.admits = false, .unreadable = std::move(file)};
    // It knows mapped peers by their IPv6 addresses, which no rule is written for.
    SocketAddress from = unmapped(client), to = unmapped(server);
    request_info request;
    request_init(&request, RQ_DAEMON, daemon.c_str(), RQ_CLIENT_SIN, from.raw(), RQ_SERVER_SIN,
                 to.raw(), 0);
    sock_methods(&request);
    // In its verification mode the library says what an option would do, and does nothing; one that
    // would not return to us resets the flag.
    dry_run = 1;
    resident = 1;
    const bool granted = ::hosts_access(&request) != 0;
    return {.admits = granted && dry_run != 0, .unreadable = {}};
}

}  // namespace minetd::libwrap
