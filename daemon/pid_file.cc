// SPDX-License-Identifier: ISC
#include "daemon/pid_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <stdexcept>

#include "daemon/os/system_error.h"

namespace minetd {
namespace {

bool is_same(int fd, const char* path) noexcept {
    struct stat held {};
    struct stat there {};
    return ::fstat(fd, &held) == 0 && ::lstat(path, &there) == 0 && held.st_ino == there.st_ino &&
           held.st_dev == there.st_dev;
}

std::string path_of(int fd) {
    char path[PATH_MAX];
    const ssize_t length =
        ::readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), path, sizeof path);
    return {path, static_cast<std::size_t>(std::max<ssize_t>(length, 0))};
}

}  // namespace

PidFile::PidFile(const std::string& path, pid_t pid) : path_(path), pid_(pid) {
    take();
}

PidFile::PidFile(const std::string& path, Former former, pid_t pid) : path_(path), pid_(pid) {
    if (former.fd && is_same(former.fd.get(), path.c_str())) {
        fd_ = std::move(former.fd);
        return;
    }
    const std::string before = former.fd ? path_of(former.fd.get()) : std::string();
    try {
        take();
        if (former.fd && is_same(former.fd.get(), before.c_str())) ::unlink(before.c_str());
    } catch (const std::exception& problem) {
        problem_ = problem.what();
        fd_ = std::move(former.fd);
        path_ = before;
    }
}

void PidFile::take() {
    if (path_.empty()) return;
    fd_ = UniqueFd(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (!fd_) throw_errno("pid file " + path_);
    struct stat status {};
    if (::fstat(fd_.get(), &status) < 0 || !S_ISREG(status.st_mode) || status.st_nlink > 1)
        throw std::runtime_error("pid file " + path_ +
                                 " is no file of its own, and is left as it is");
    if (::flock(fd_.get(), LOCK_EX | LOCK_NB) < 0) {
        char other[16] = {};
        (void)!::read(fd_.get(), other, sizeof other - 1);
        throw std::runtime_error("pid file " + path_ + " is held by another minetd, pid " + other);
    }
    const std::string text = std::to_string(pid_) + '\n';
    if (::ftruncate(fd_.get(), 0) < 0 || ::write(fd_.get(), text.data(), text.size()) < 0)
        throw_errno("pid file " + path_);
}

PidFile::~PidFile() {
    if (fd_) ::unlink(path_.c_str());
}

void remove_left_pid_file(const std::string& path, pid_t pid) noexcept {
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!fd || ::flock(fd.get(), LOCK_EX | LOCK_NB) < 0) return;
    char text[16] = {};
    if (::read(fd.get(), text, sizeof text - 1) > 0 && std::atoi(text) == pid &&
        is_same(fd.get(), path.c_str()))
        ::unlink(path.c_str());
}

}  // namespace minetd
