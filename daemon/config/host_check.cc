// SPDX-License-Identifier: ISC
#include "daemon/config/host_check.h"

#include <fmt/core.h>
#include <grp.h>
#include <net/if.h>
#include <pwd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <utility>

#include "daemon/config/banner_file.h"
#include "daemon/config/check.h"
#include "daemon/config/credential_file.h"
#include "daemon/config/limit_attribute.h"
#include "daemon/config/values.h"
#include "daemon/os/hosts_access.h"
#include "daemon/os/inside.h"
#include "daemon/os/libwrap.h"
#include "daemon/os/log_sink.h"
#include "daemon/os/process.h"
#include "daemon/os/system_error.h"

namespace minetd {
namespace {

std::optional<uid_t> user_id(const std::string& name) {
    if (const passwd* entry = getpwnam(name.c_str())) return entry->pw_uid;
    if (const auto number = decimal(name); number && *number >= 0 && *number < 0xFFFFFFFF)
        return static_cast<uid_t>(*number);
    return std::nullopt;
}

bool group_exists(const std::string& name) {
    const auto number = decimal(name);
    return (number && *number >= 0 && *number < 0xFFFFFFFF) || getgrnam(name.c_str());
}

void check_user(Draft& draft, std::string_view attribute, const std::string& name,
                Diagnostics& diagnostics) {
    if (!name.empty() && !user_id(name))
        draft.error(attribute, fmt::format("there is no user `{}`", name),
                    "create it with useradd(8), or name another", diagnostics);
}

void check_group(Draft& draft, std::string_view attribute, const std::string& name,
                 Diagnostics& diagnostics) {
    if (!name.empty() && !group_exists(name))
        draft.error(attribute, fmt::format("there is no group `{}`", name),
                    "create it with groupadd(8), or name another", diagnostics);
}

/// Names that mean root by their number, as check() knows it by name.
void check_assignments(Draft& draft, Diagnostics& diagnostics) {
    for (const UserAssignment& one : draft.spec.pool.assign_user) {
        check_user(draft, "assign_user", one.user, diagnostics);
        check_group(draft, "assign_user", one.group, diagnostics);
        if (user_id(one.user) == 0U && user_id(draft.spec.user) != 0U)
            draft.error("assign_user", fmt::format("{} is another name of root", one.user),
                        "name another user", diagnostics);
    }
}

void check_program(Draft& draft, Diagnostics& diagnostics) {
    const std::string& program = draft.spec.server;
    if (program.empty() || program[0] != '/') return;
    struct stat status;
    const std::string& root = draft.spec.sandbox.chroot;
    if (stat_inside(root, program, status) < 0)
        return draft.error("server",
                           root.empty()
                               ? fmt::format("{}: {}", program, std::strerror(errno))
                               : fmt::format("{} inside {}: {}", program, root, error_text(errno)),
                           root.empty() ? "install the program, or correct its path"
                                        : "the path of the program is inside chroot: install it "
                                          "there, with its loader and libraries",
                           diagnostics);
    if (!S_ISREG(status.st_mode) || (status.st_mode & 0111) == 0)
        draft.error("server", fmt::format("{} is not an executable file", program),
                    S_ISREG(status.st_mode) ? "make it executable: chmod +x" : "name a program",
                    diagnostics);
}

void check_limits(Draft& draft, Diagnostics& diagnostics) {
    for (const ResourceLimit& wanted : draft.spec.rlimits) {
        const rlim_t most = most_it_may_give(wanted.resource);
        if (wanted.value <= most) continue;
        const std::string_view attribute = limit_attribute(wanted.resource);
        diagnostics.warning(
            draft.origin(attribute),
            fmt::format("{}: {} is more than the {} that minetd may give: nothing of this service "
                        "will start",
                        attribute,
                        wanted.value == RLIM_INFINITY ? "no limit" : std::to_string(wanted.value),
                        most),
            fmt::format("write {} or less{}", most,
                        ::geteuid() == 0 ? "" : ", or start minetd as root"));
    }
}

/// Without its log a service is not started.
void check_log(Draft& draft, Diagnostics& diagnostics) {
    const LogTarget& target = draft.spec.log_type;
    if (target.kind != LogTarget::Kind::file) return;
    const int error = log_file_error(target.path);
    if (error == 0) return;
    const Where where = draft.origin("log_type");
    const std::string message = fmt::format("log_type: {}: {}", target.path, std::strerror(error));
    // Who checks may be another than who will start it.
    if (error == EACCES && ::geteuid() != 0)
        return diagnostics.warning(where, message, "start minetd as root, or name another file");
    draft.break_it();
    diagnostics.error(
        where, message,
        error == ENOENT ? "make its directory, or name another file" : "name another file");
}

/// As in xinetd, a service without its banner is served all the same.
void check_banners(Draft& draft, Diagnostics& diagnostics) {
    const ServiceSpec& spec = draft.spec;
    const std::pair<std::string_view, const std::string&> banners[] = {
        {"banner", spec.banner},
        {"banner_success", spec.banner_success},
        {"banner_fail", spec.banner_fail}};
    for (const auto& [attribute, path] : banners) {
        if (path.empty()) continue;
        try {
            static_cast<void>(read_banner(path));
        } catch (const std::length_error& problem) {
            draft.error(attribute, problem.what(), "shorten it", diagnostics);
        } catch (const std::runtime_error& problem) {
            diagnostics.warning(draft.where(attribute), problem.what(),
                                "write the file, or no client will see this banner");
        }
    }
}

void check_credentials(Draft& draft, Diagnostics& diagnostics) {
    if (draft.spec.is_builtin() && !draft.spec.credentials.empty())
        diagnostics.warning(draft.where("credentials"), "a builtin reads no credentials",
                            "leave them out");
    for (const std::string& word : draft.spec.credentials) {
        try {
            std::string secret = read_credential(credential_source(word));
            explicit_bzero(secret.data(), secret.size());
        } catch (const std::runtime_error& problem) {
            draft.error("credentials", problem.what(), "write the file, or name another",
                        diagnostics);
        }
    }
}

void check_libwrap(Draft& draft, Diagnostics& diagnostics) {
    if (!libwrap::available() && !draft.spec.libwrap.empty() && draft.says("libwrap"))
        draft.error("libwrap", "this minetd was built without libwrap",
                    "build it with libwrap0-dev, or use only_from and no_access", diagnostics);
}

}  // namespace

void check_on_host(Draft& draft, Diagnostics& diagnostics) {
    const ServiceSpec& spec = draft.spec;
    check_user(draft, "user", spec.user, diagnostics);
    check_group(draft, "group", spec.group, diagnostics);
    check_user(draft, "socket_user", spec.socket_user, diagnostics);
    check_group(draft, "socket_group", spec.socket_group, diagnostics);
    check_assignments(draft, diagnostics);
    check_sandbox_on_host(draft, diagnostics);
    // Without its root directory nothing of the service can be found.
    struct stat status;
    const std::string& root = spec.sandbox.chroot;
    const bool rooted = root.empty() || ::stat(root.c_str(), &status) == 0;
    if (rooted) check_program(draft, diagnostics);
    check_limits(draft, diagnostics);
    check_log(draft, diagnostics);
    check_banners(draft, diagnostics);
    check_credentials(draft, diagnostics);
    check_libwrap(draft, diagnostics);
    if (rooted && (stat_inside(root, spec.chdir, status) < 0 || !S_ISDIR(status.st_mode)))
        diagnostics.warning(draft.where("chdir"),
                            fmt::format("there is no directory {}{}", root, spec.chdir),
                            "create it, or the program will not start");
    warn_of_interfaces(draft, diagnostics);
    if (!spec.interface.empty() && ::if_nametoindex(spec.interface.c_str()) == 0)
        diagnostics.warning(draft.where("interface"),
                            fmt::format("there is no network interface {} now", spec.interface),
                            "the service is tried again until there is one");
}

void check_rest_on_host(Draft& draft, Diagnostics& diagnostics) {
    const ServiceSpec& spec = draft.spec;
    if (draft.says("user")) check_user(draft, "user", spec.user, diagnostics);
    if (draft.says("group")) check_group(draft, "group", spec.group, diagnostics);
    // Where its root directory could not be read, no path is known.
    if (draft.says("server") && spec.sandbox.chroot.empty()) check_program(draft, diagnostics);
    check_log(draft, diagnostics);
}

void warn_without_root(const std::vector<Draft*>& drafts, Diagnostics& diagnostics) {
    const uid_t self = ::geteuid();
    if (self == 0) return;
    std::size_t others = 0;
    const Draft* first = nullptr;
    for (const Draft* draft : drafts) {
        if (user_id(draft->spec.user) == self) continue;
        if (!first) first = draft;
        ++others;
    }
    if (first)
        diagnostics.warning(first->where("user"),
                            fmt::format("without root {} services, this one first, run as user {} "
                                        "and not as the user they name",
                                        others, self),
                            "start minetd as root, or name this user");
}

void forgo_libwrap(const std::vector<Draft*>& drafts, const std::vector<std::string>& tables,
                   Diagnostics& diagnostics) {
    const auto table = std::find_if(tables.begin(), tables.end(), hosts_access::has_rules);
    bool told = table == tables.end();
    for (Draft* draft : drafts) {
        if (draft->spec.libwrap.empty()) continue;
        draft->spec.libwrap.clear();
        if (!std::exchange(told, true))
            diagnostics.warning(
                draft->where(),
                fmt::format("{} is not asked about {}, nor about any other service: this minetd "
                            "was built without libwrap",
                            *table, draft->spec.id),
                "build it with libwrap0-dev, or say the same with only_from and no_access, and "
                "flags = NOLIBWRAP");
    }
}

}  // namespace minetd
