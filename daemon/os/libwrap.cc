// SPDX-License-Identifier: ISC
#include "daemon/os/libwrap.h"

#define HAVE_WEAKSYMS
#include <tcpd.h>
#include <unistd.h>

#include <cerrno>

#include "daemon/os/host_names.h"

namespace minetd::libwrap {
namespace {

/// The library takes a file that it may not read for one that is not there.
bool can_be_read(const char* table) noexcept {
    return ::access(table, R_OK) == 0 || errno == ENOENT;
}

}  // namespace

bool available() noexcept {
    return true;
}

bool admits(const std::string& daemon, const SocketAddress& client, const SocketAddress& server) {
    if (!can_be_read(hosts_allow_table) || !can_be_read(hosts_deny_table)) return false;
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
    const bool granted = hosts_access(&request) != 0;
    return granted && dry_run != 0;
}

}  // namespace minetd::libwrap
