// SPDX-License-Identifier: ISC
// The steps into a sandbox. A child between clone and exec makes them on its maker's memory: raw
// system calls only, no allocation, no errno, nothing written but what is on the stack. All of it
// belongs to the calling process alone, not to whose memory it borrows: credentials, name spaces,
// root directory and filters are copied by a clone(2) without CLONE_FS and CLONE_THREAD.
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>

#include "daemon/os/raw_syscall.h"
#include "mpm/sandbox.h"

namespace minetd {
namespace {

using raw::syscall;

SandboxOutcome outcome(LaunchStep step, long result) noexcept {
    if (result >= 0) return {};
    return {static_cast<int>(-result), step};
}

std::uint32_t half(capability::Mask mask, unsigned which) noexcept {
    return static_cast<std::uint32_t>(mask >> (32 * which));
}

}  // namespace

SandboxOutcome enter_surroundings(const Sandbox& sandbox) noexcept {
    long result = 0;
    if (sandbox.namespaces.network)
        result = syscall(SYS_setns, sandbox.namespaces.network.get(), CLONE_NEWNET);
    if (result >= 0 && sandbox.namespaces.mount)
        result = syscall(SYS_setns, sandbox.namespaces.mount.get(), CLONE_NEWNS);
    if (result < 0) return outcome(LaunchStep::namespaces, result);
    if (!sandbox.spec.chroot.empty()) {
        result = syscall(SYS_chroot, sandbox.spec.chroot.c_str());
        if (result >= 0) result = syscall(SYS_chdir, "/");
        if (result < 0) return outcome(LaunchStep::root, result);
    }
    if (!sandbox.capabilities) return {};
    for (const unsigned number : sandbox.dropped) {
        result = syscall(SYS_prctl, PR_CAPBSET_DROP, number, 0, 0, 0);
        if (result < 0) return outcome(LaunchStep::bounding, result);
    }
    // The change of the user would take the others too; it is undone by exec, or by what follows.
    return outcome(LaunchStep::capabilities, syscall(SYS_prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0));
}

SandboxOutcome keep_capabilities(const Sandbox& sandbox) noexcept {
    if (!sandbox.capabilities) return {};
    const capability::Mask mask = *sandbox.capabilities;
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    __user_cap_data_struct data[2];
    for (unsigned i = 0; i < 2; ++i)
        data[i] = {
            .effective = half(mask, i), .permitted = half(mask, i), .inheritable = half(mask, i)};
    long result = syscall(SYS_capset, &header, data);
    // Ambient is what a program of a user that is not root still has after its exec.
    for (unsigned number = 0; result >= 0 && number < 64; ++number)
        if ((mask & capability::bit(number)) != 0)
            result = syscall(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number, 0, 0);
    if (result >= 0) result = syscall(SYS_prctl, PR_SET_KEEPCAPS, 0, 0, 0, 0);
    return outcome(LaunchStep::capabilities, result);
}

SandboxOutcome confine(const Sandbox& sandbox) noexcept {
    long result = 0;
    if (sandbox.no_new_privs) result = syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (result < 0) return outcome(LaunchStep::no_new_privs, result);
    if (sandbox.namespaces.landlock)
        result = syscall(SYS_landlock_restrict_self, sandbox.namespaces.landlock.get(), 0);
    if (result < 0) return outcome(LaunchStep::landlock, result);
    if (sandbox.filter.empty()) return {};
    const sock_fprog program{.len = static_cast<unsigned short>(sandbox.filter.size()),
                             .filter = const_cast<sock_filter*>(sandbox.filter.data())};
    result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
    return sandbox.filter_asked ? outcome(LaunchStep::seccomp, result) : SandboxOutcome{};
}

}  // namespace minetd
