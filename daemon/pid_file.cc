// SPDX-License-Identifier: ISC
#include "daemon/pid_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <climits>
#include <cstdio>
#include <stdexcept>

#include "daemon/os/system_error.h"

namespace minetd {
namespace {

/// The path of an open file, if it has one, goes.
void remove_what_is_open(int fd) noexcept {
    char link[32], path[PATH_MAX];
    std::snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    const ssize_t length = ::readlink(link, path, sizeof path - 1);
    if (length <= 0) return;
    path[length] = '\0';
    struct stat held {
    }, there{};
    if (::fstat(fd, &held) == 0 && ::lstat(path, &there) == 0 && held.st_ino == there.st_ino &&
        held.st_dev == there.st_dev)
        ::unlink(path);
}

}  // namespace

bool PidFile::keeps(const UniqueFd& former) const noexcept {
    struct stat held {
    }, there{};
    return former && ::fstat(former.get(), &held) == 0 && ::stat(path_.c_str(), &there) == 0 &&
           held.st_ino == there.st_ino && held.st_dev == there.st_dev;
}

PidFile::PidFile(const std::string& path, UniqueFd former) : path_(path) {
    if (keeps(former)) {
        fd_ = std::move(former);
        return;
    }
    if (former) remove_what_is_open(former.get());
    if (path_.empty()) return;
    fd_ = UniqueFd(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (!fd_) throw_errno("pid file " + path_);
    if (::flock(fd_.get(), LOCK_EX | LOCK_NB) < 0) {
        char other[16] = {};
        (void)!::read(fd_.get(), other, sizeof other - 1);
        throw std::runtime_error("pid file " + path_ + " is held by another minetd, pid " + other);
    }
    const std::string text = std::to_string(::getpid()) + '\n';
    if (::ftruncate(fd_.get(), 0) < 0 || ::write(fd_.get(), text.data(), text.size()) < 0)
        throw_errno("pid file " + path_);
}

PidFile::~PidFile() {
    if (fd_) ::unlink(path_.c_str());
}

}  // namespace minetd
