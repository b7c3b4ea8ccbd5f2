// SPDX-License-Identifier: ISC
// What a service is kept from, whoever serves it: the values of the sandbox attributes, as plain
// data. mpm/sandbox.h makes of them what a process goes by.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace minetd {

/// What a system call meets that `seccomp` forbids: EPERM, or the end of its process (SIGSYS).
enum class SeccompAction : std::uint8_t { error, kill };

struct SandboxSpec {
    std::optional<bool> no_new_privs;  ///< absent: yes for a builtin of ours, no for all others
    /// All that are left: names without `cap_`, in lower case and in order. Absent: what the user
    /// has; empty: none.
    std::optional<std::vector<std::string>> capabilities;
    std::string chroot;  ///< empty: none
    /// Names of system calls and of sets (`@mount`), `~` before what is forbidden. Absent:
    /// `@builtin` for a builtin of ours, nothing for all others; empty: nothing is forbidden.
    std::optional<std::vector<std::string>> seccomp;
    SeccompAction seccomp_action = SeccompAction::error;
    bool private_tmp = false;      ///< /tmp and /var/tmp of its own
    bool private_network = false;  ///< a network of its own, with nothing but lo
    bool read_only = false;        ///< the whole file system, without read_write_paths
    std::vector<std::string> read_write_paths;
    /// What is left of the file system (landlock(7)); writing and executing include reading. All
    /// empty: everything.
    std::vector<std::string> landlock_read, landlock_write, landlock_execute;

    bool landlock() const {
        return !landlock_read.empty() || !landlock_write.empty() || !landlock_execute.empty();
    }
    bool operator==(const SandboxSpec&) const = default;
};

}  // namespace minetd
