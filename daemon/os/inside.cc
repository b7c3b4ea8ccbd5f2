// SPDX-License-Identifier: ISC
#include "daemon/os/inside.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>

#include "daemon/os/unique_fd.h"

namespace minetd {

int stat_inside(const std::string& root, const std::string& path, struct stat& status) noexcept {
    if (root.empty()) return ::stat(path.c_str(), &status);
    const UniqueFd top(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!top) return -1;
    open_how how{};
    how.flags = O_PATH | O_CLOEXEC;
    how.resolve = RESOLVE_IN_ROOT;
    const UniqueFd at(
        static_cast<int>(::syscall(SYS_openat2, top.get(), path.c_str(), &how, sizeof how)));
    return at ? ::fstat(at.get(), &status) : -1;
}

}  // namespace minetd
