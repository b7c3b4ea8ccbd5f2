// SPDX-License-Identifier: ISC
// What a service is kept from: what contradicts itself, has no effect on this kind of service, or
// cannot be done by this minetd on this host.
#include <fmt/core.h>
#include <linux/capability.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>

#include "daemon/config/check.h"
#include "daemon/config/values.h"
#include "daemon/os/capabilities.h"
#include "daemon/os/inside.h"
#include "daemon/os/landlock.h"
#include "daemon/os/seccomp_filter.h"
#include "daemon/os/system_error.h"

namespace minetd {
namespace {

bool names(const std::optional<std::vector<std::string>>& list, std::string_view word) {
    return list && std::find(list->begin(), list->end(), word) != list->end();
}

void no_effect(Draft& draft, std::string_view attribute, const char* why, const char* advice,
               Diagnostics& diagnostics) {
    if (draft.says(attribute))
        diagnostics.warning(
            draft.where(attribute),
            fmt::format("{} has no effect on {}: {}", attribute, draft.spec.id, why), advice);
}

void check_filter(Draft& draft, Diagnostics& diagnostics) {
    const ServiceSpec& spec = draft.spec;
    const SandboxSpec& sandbox = spec.sandbox;
    if (!spec.is_builtin() && names(sandbox.seccomp, "~execve"))
        diagnostics.warning(draft.origin("seccomp"),
                            "execve stays allowed: it is what starts the program",
                            "leave it out; landlock_execute says which programs can be started");
    for (const std::string_view set : {"@builtin", "@redirect"})
        if (!spec.is_builtin() && sandbox.seccomp && !sandbox.seccomp->empty() &&
            sandbox.seccomp->front() == set)
            draft.error(
                "seccomp",
                fmt::format("{} is what builtins need: no program could start with it", set),
                "write seccomp = @system-service", diagnostics);
    if (sandbox.seccomp ? sandbox.seccomp->empty() : !spec.is_builtin())
        no_effect(draft, "seccomp_action", "there is no filter of system calls",
                  "say what is allowed or forbidden: seccomp = @system-service", diagnostics);
}

/// Its program is one of those that could be started.
void check_executable(Draft& draft, Diagnostics& diagnostics) {
    const ServiceSpec& spec = draft.spec;
    if (!spec.sandbox.landlock() || spec.is_builtin() || !spec.sandbox.chroot.empty()) return;
    char real[PATH_MAX];
    if (::realpath(spec.server.c_str(), real) == nullptr) return;
    const std::string program = real;
    for (const std::string& path : spec.sandbox.landlock_execute) {
        if (::realpath(path.c_str(), real) == nullptr) continue;
        const std::string allowed = real;
        if (allowed == "/" || program == allowed || program.starts_with(allowed + "/")) return;
    }
    const std::string_view said = draft.says("landlock_execute") ? "landlock_execute"
                                  : draft.says("landlock_read")  ? "landlock_read"
                                                                 : "landlock_write";
    draft.error(said, fmt::format("the program {} could not be started", spec.server),
                fmt::format("write landlock_execute += {} and the loader of programs", program),
                diagnostics);
}

void check_paths(Draft& draft, std::string_view attribute, const std::vector<std::string>& paths,
                 Diagnostics& diagnostics) {
    struct stat status;
    for (const std::string& path : paths)
        if (stat_inside(draft.spec.sandbox.chroot, path, status) < 0)
            draft.error(attribute,
                        fmt::format("{}{}: {}", draft.spec.sandbox.chroot, path, error_text(errno)),
                        "create it, or leave it out", diagnostics);
}

bool may(unsigned number) {
    if (!capability::available()) return ::geteuid() == 0;
    return (capability::permitted() & capability::bit(number)) != 0;
}

/// What only a privileged minetd can do.
void check_privileges(Draft& draft, Diagnostics& diagnostics) {
    const SandboxSpec& sandbox = draft.spec.sandbox;
    const struct {
        std::string_view attribute;
        bool wanted;
        unsigned needed;
        const char* name;
    } rows[] = {
        {"chroot", !sandbox.chroot.empty(), CAP_SYS_CHROOT, "CAP_SYS_CHROOT"},
        {"private_tmp", sandbox.private_tmp, CAP_SYS_ADMIN, "CAP_SYS_ADMIN"},
        {"private_network", sandbox.private_network, CAP_SYS_ADMIN, "CAP_SYS_ADMIN"},
        {"read_only", sandbox.read_only, CAP_SYS_ADMIN, "CAP_SYS_ADMIN"},
    };
    for (const auto& row : rows)
        if (row.wanted && !may(row.needed))
            draft.error(row.attribute,
                        fmt::format("{} takes {}, which minetd does not have here", row.attribute,
                                    row.name),
                        "start minetd as root, or leave it out", diagnostics);
    if (!sandbox.capabilities) return;
    const capability::Mask had = ::geteuid() == 0 ? capability::bounding() & capability::permitted()
                                                  : capability::permitted();
    for (const std::string& name : *sandbox.capabilities) {
        const auto number = capability::number(name);
        if (!number || (had & capability::bit(*number)) == 0)
            draft.error("capabilities",
                        fmt::format("minetd has no {} here, and cannot give it", name),
                        ::geteuid() == 0 ? fmt::format("write capabilities -= {}", name)
                                         : "start minetd as root, or leave it out",
                        diagnostics);
    }
}

void check_root(Draft& draft, Diagnostics& diagnostics) {
    const ServiceSpec& spec = draft.spec;
    const std::string& root = spec.sandbox.chroot;
    if (root.empty()) return;
    struct stat status;
    if (::stat(root.c_str(), &status) < 0 || !S_ISDIR(status.st_mode))
        return draft.error("chroot", fmt::format("there is no directory {}", root),
                           "create it, with all that the service needs", diagnostics);
    if ((spec.user == "root" || decimal(spec.user) == 0) &&
        (!spec.sandbox.capabilities || names(spec.sandbox.capabilities, "sys_chroot")))
        diagnostics.warning(draft.origin("chroot"), "root can leave a root directory",
                            "name another user, or capabilities without sys_chroot");
}

void check_build(Draft& draft, Diagnostics& diagnostics) {
    const SandboxSpec& sandbox = draft.spec.sandbox;
    if (sandbox.capabilities && !capability::available())
        draft.error("capabilities", "this minetd was built without libcap-ng",
                    "build it with libcap-ng-dev, or leave it out", diagnostics);
    if (sandbox.seccomp && !sandbox.seccomp->empty() && !seccomp::available())
        draft.error("seccomp", "this minetd was built without libseccomp",
                    "build it with libseccomp-dev, or leave it out", diagnostics);
    if (!sandbox.landlock() || landlock_version() > 0) return;
    for (const std::string_view name : {"landlock_read", "landlock_write", "landlock_execute"})
        if (draft.says(name) || draft.inherits(name))
            draft.error(name, "this kernel has no landlock, or it is not enabled",
                        "boot with lsm=landlock,..., or use read_only", diagnostics);
}

}  // namespace

void check_sandbox(Draft& draft, Diagnostics& diagnostics) {
    const ServiceSpec& spec = draft.spec;
    const SandboxSpec& sandbox = spec.sandbox;
    check_filter(draft, diagnostics);
    if (is_redirect(spec) && sandbox.private_network)
        draft.error("private_network", "no destination can be reached from a network of its own",
                    "leave it out", diagnostics);
    if (!sandbox.read_only)
        no_effect(draft, "read_write_paths", "everything can be written that its user may write",
                  "write read_only = yes", diagnostics);
    if (spec.is_builtin())
        no_effect(draft, "landlock_execute", "a builtin starts no program", "leave it out",
                  diagnostics);
    if (sandbox.no_new_privs == false &&
        ((sandbox.seccomp && !sandbox.seccomp->empty()) || sandbox.landlock()))
        no_effect(draft, "no_new_privs", "seccomp and landlock are nothing without it",
                  "leave it out", diagnostics);
}

void check_sandbox_on_host(Draft& draft, Diagnostics& diagnostics) {
    const SandboxSpec& sandbox = draft.spec.sandbox;
    if (sandbox == SandboxSpec{}) return;
    check_build(draft, diagnostics);
    check_root(draft, diagnostics);
    if (draft.broken()) return;
    check_privileges(draft, diagnostics);
    check_executable(draft, diagnostics);
    if (sandbox.private_tmp) check_paths(draft, "private_tmp", {"/tmp"}, diagnostics);
    if (sandbox.read_only)
        check_paths(draft, "read_write_paths", sandbox.read_write_paths, diagnostics);
    check_paths(draft, "landlock_read", sandbox.landlock_read, diagnostics);
    check_paths(draft, "landlock_write", sandbox.landlock_write, diagnostics);
    check_paths(draft, "landlock_execute", sandbox.landlock_execute, diagnostics);
}

}  // namespace minetd
