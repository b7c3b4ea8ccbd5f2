// SPDX-License-Identifier: ISC
// What a service is kept from.
#include "daemon/config/attribute_row.h"
#include "daemon/config/sandbox_codecs.h"

namespace minetd {
namespace {

using namespace codec;
using namespace rows;
using enum Effect;

using SeccompActions = Choice<SeccompAction, "error or kill">;

constexpr Row<Spec> table[] = {
    row<Optional<YesNo, "default">, &Spec::sandbox, &SandboxSpec::no_new_privs>(
        {"no_new_privs", "NoNewPrivileges", 0, 0, true, servers,
         "no exec gives more rights than there are: setuid programs run as who starts them; "
         "default is yes for builtins"}),
    row<Capabilities, &Spec::sandbox, &SandboxSpec::capabilities>(
        {"capabilities", "CapabilityBoundingSet AmbientCapabilities", 0, longest, true, servers,
         "all that are left of root's rights, to an unprivileged user too; inherit: as the user "
         "has them"}),
    row<Path, &Spec::sandbox, &SandboxSpec::chroot>(
        {"chroot", "RootDirectory", 0, longest, true, servers,
         "the directory that is / for the service, its program too; empty: none"}),
    row<SystemCalls, &Spec::sandbox, &SandboxSpec::seccomp>(
        {"seccomp", "SystemCallFilter", 0, longest, true, servers,
         "the system calls that are allowed, or with ~ forbidden; default is @builtin for "
         "builtins"}),
    row<SeccompActions, &Spec::sandbox, &SandboxSpec::seccomp_action>(
        {"seccomp_action", "", 0, 0, true, servers,
         "what a forbidden system call meets: EPERM, or the end of its process (SIGSYS)"}),
    row<YesNo, &Spec::sandbox, &SandboxSpec::private_tmp>(
        {"private_tmp", "PrivateTmp", 0, 0, true, servers,
         "the service has a /tmp and a /var/tmp of its own"}),
    row<YesNo, &Spec::sandbox, &SandboxSpec::private_network>(
        {"private_network", "PrivateNetwork", 0, 0, true, servers,
         "the service sees no network but a lo of its own; its clients' connections work"}),
    row<YesNo, &Spec::sandbox, &SandboxSpec::read_only>(
        {"read_only", "", 0, 0, true, servers,
         "nothing in the file system can be written, but in read_write_paths"}),
    row<Paths, &Spec::sandbox, &SandboxSpec::read_write_paths>(
        {"read_write_paths", "ReadWritePaths", 0, longest, true, servers,
         "what read_only leaves as it is"}),
    row<Paths, &Spec::sandbox, &SandboxSpec::landlock_read>(
        {"landlock_read", "", 0, longest, true, servers,
         "the only paths that can be read, beside those that can be written or executed"}),
    row<Paths, &Spec::sandbox, &SandboxSpec::landlock_write>(
        {"landlock_write", "", 0, longest, true, servers,
         "the only paths that can be written, and what is in them made and removed"}),
    row<Paths, &Spec::sandbox, &SandboxSpec::landlock_execute>(
        {"landlock_execute", "", 0, longest, true, servers,
         "the only paths of programs that can be started, with their loaders"}),
};

}  // namespace

std::span<const Row<ServiceSpec>> rows::sandbox_rows() noexcept {
    return table;
}

}  // namespace minetd
