// SPDX-License-Identifier: ISC
#include "mpm/server_seat.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

#include "daemon/os/identity.h"
#include "daemon/os/raw_syscall.h"
#include "daemon/os/system_error.h"

namespace minetd {

void enter_identity(const ServiceSpec& spec) {
    assume_identity(resolve_identity(spec.user, spec.group, spec.groups));
}

void enter_service(const ServiceSpec& spec) {
    for (const ResourceLimit& limit : spec.rlimits) {
        const rlimit value{.rlim_cur = limit.value, .rlim_max = limit.value};
        if (::setrlimit(static_cast<__rlimit_resource>(limit.resource), &value) < 0)
            throw_errno("setrlimit");
    }
    if (spec.nice != 0 && ::setpriority(PRIO_PROCESS, 0, spec.nice) < 0) throw_errno("nice");
    if (spec.umask) ::umask(*spec.umask);
    enter_identity(spec);
    if (::chdir(spec.chdir.c_str()) < 0) throw_errno("cannot enter " + spec.chdir);
}

bool is_shortage(int error) noexcept {
    return error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS;
}

Visitor visitor_of(int fd, const SocketAddress& peer) noexcept {
    Visitor visitor{peer};
    if (peer.family() != AF_UNIX) return visitor;
    // Without the C library: servers on borrowed memory ask too.
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (raw::syscall(SYS_getsockopt, fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0)
        visitor.uid = credentials.uid;
    return visitor;
}

}  // namespace minetd
