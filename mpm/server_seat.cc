// SPDX-License-Identifier: ISC
#include "mpm/server_seat.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <ctime>
#include <string>

#include "daemon/config/limit_attribute.h"
#include "daemon/os/identity.h"
#include "daemon/os/raw_syscall.h"
#include "daemon/os/system_error.h"

namespace minetd {

namespace {

void require(const SandboxOutcome& outcome, const Sandbox& sandbox) {
    if (outcome.error != 0) throw_errno(describe(outcome.step, sandbox.spec), outcome.error);
}

}  // namespace

void enter_identity(const ServiceSpec& spec, const Sandbox* sandbox) {
    // While the databases of users and zones are there.
    ::tzset();
    const Identity identity = resolve_identity(spec.user, spec.group, spec.groups);
    if (sandbox != nullptr) require(enter_surroundings(*sandbox), *sandbox);
    assume_identity(identity);
    if (sandbox != nullptr) require(keep_capabilities(*sandbox), *sandbox);
}

void permit_limits(const ServiceSpec& spec) noexcept {
    // What root may not do either, each child will find out, and say.
    if (spec.nice != 0) ::setpriority(PRIO_PROCESS, 0, spec.nice);
    for (const ResourceLimit& limit : spec.rlimits) {
        const auto resource = static_cast<__rlimit_resource>(limit.resource);
        rlimit value{};
        if (::getrlimit(resource, &value) < 0 || limit.value <= value.rlim_max) continue;
        value.rlim_max = limit.value;
        ::setrlimit(resource, &value);
    }
}

void confine_server(const Sandbox* sandbox) {
    if (sandbox != nullptr) require(confine(*sandbox), *sandbox);
}

void enter_service(const ServiceSpec& spec, const Sandbox* sandbox) {
    for (const ResourceLimit& limit : spec.rlimits) {
        const rlimit value{.rlim_cur = limit.value, .rlim_max = limit.value};
        if (::setrlimit(static_cast<__rlimit_resource>(limit.resource), &value) < 0)
            throw_errno(std::string(limit_attribute(limit.resource)) + " = " +
                        std::to_string(limit.value));
    }
    if (spec.nice != 0 && ::setpriority(PRIO_PROCESS, 0, spec.nice) < 0) throw_errno("nice");
    if (spec.umask) ::umask(*spec.umask);
    enter_identity(spec, sandbox);
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
