// SPDX-License-Identifier: ISC
#include "mpm/server_seat.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

#include "daemon/os/identity.h"
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

Source source_of_connection(int fd, const SocketAddress& peer) noexcept {
    if (peer.family() != AF_UNIX) return source_of(peer);
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) < 0) return {};
    return source_of(peer, credentials.uid);
}

}  // namespace minetd
