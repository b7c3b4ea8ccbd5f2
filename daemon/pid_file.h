// SPDX-License-Identifier: ISC
// The file that says which process the daemon is, locked for as long as it is one.
#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <string>

#include "daemon/os/unique_fd.h"

namespace minetd {

class PidFile {
  public:
    /// An empty path is no file. Throws std::runtime_error when another instance holds it, or it
    /// cannot be written. `pid` is what it says: whom signals for the daemon are to be sent to.
    explicit PidFile(const std::string& path, pid_t pid = ::getpid());
    struct Former {
        UniqueFd fd;  ///< none: it had no pid file
    };
    /// The same where a former image of this process held that one, which is kept if it is the one,
    /// else goes. Throws nothing: where the new one cannot be had the former stays, and problem()
    /// says why.
    PidFile(const std::string& path, Former former, pid_t pid = ::getpid());
    ~PidFile();
    PidFile(const PidFile&) = delete;
    PidFile& operator=(const PidFile&) = delete;

    /// Borrowed; -1: there is none.
    int fd() const noexcept { return fd_.get(); }
    /// Empty: there is none.
    const std::string& path() const noexcept { return path_; }
    const std::string& problem() const noexcept { return problem_; }

  private:
    void take();

    std::string path_, problem_;
    pid_t pid_;
    UniqueFd fd_;
};

/// Removes the pid file of a daemon that died, if it names `pid` still and is nobody's.
void remove_left_pid_file(const std::string& path, pid_t pid) noexcept;

}  // namespace minetd
