// SPDX-License-Identifier: ISC
#include "daemon/os/landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cstdint>

#include "daemon/os/system_error.h"

namespace minetd {
namespace {

using Access = std::uint64_t;

// The kernel's headers may be older than the kernel.
constexpr Access refer = Access{1} << 13, truncate_file = Access{1} << 14,
                 ioctl_device = Access{1} << 15;

constexpr Access reading = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr Access executing = LANDLOCK_ACCESS_FS_EXECUTE | reading;
constexpr Access writing = reading | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                           LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
                           LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
                           LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
                           LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM | refer |
                           truncate_file | ioctl_device;
/// What a file that is no directory can be allowed.
constexpr Access of_files = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE |
                            LANDLOCK_ACCESS_FS_WRITE_FILE | truncate_file | ioctl_device;

Access known_to(int version) noexcept {
    Access known = executing | writing;
    if (version < 2) known &= ~refer;
    if (version < 3) known &= ~truncate_file;
    if (version < 5) known &= ~ioctl_device;
    return known;
}

void allow(int rules, const std::string& path, Access access) {
    const UniqueFd at(::open(path.c_str(), O_PATH | O_CLOEXEC));
    struct stat status;
    if (!at || ::fstat(at.get(), &status) < 0) throw_errno("landlock: " + path);
    landlock_path_beneath_attr rule{};
    rule.allowed_access = S_ISDIR(status.st_mode) ? access : access & of_files;
    rule.parent_fd = at.get();
    if (::syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
        throw_errno("landlock: " + path);
}

}  // namespace

int landlock_version() noexcept {
    const long version =
        ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return version < 0 ? 0 : static_cast<int>(version);
}

UniqueFd make_landlock_rules(const LandlockPaths& paths) {
    const Access known = known_to(landlock_version());
    landlock_ruleset_attr attributes{};
    attributes.handled_access_fs = known;
    UniqueFd rules(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes,
                                              sizeof attributes.handled_access_fs, 0)));
    if (!rules) throw_errno("landlock");
    for (const std::string& path : paths.read) allow(rules.get(), path, reading & known);
    for (const std::string& path : paths.write) allow(rules.get(), path, writing & known);
    for (const std::string& path : paths.execute) allow(rules.get(), path, executing & known);
    return rules;
}

}  // namespace minetd
