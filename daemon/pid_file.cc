// SPDX-License-Identifier: ISC
#include "daemon/pid_file.h"

#include <fcntl.h>
#include <sys/file.h>

#include <stdexcept>

#include "daemon/os/system_error.h"

namespace minetd {

PidFile::PidFile(const std::string& path) : path_(path) {
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
