// SPDX-License-Identifier: ISC
// The file that says which process the daemon is, locked for as long as it is one.
#pragma once

#include <string>

#include "daemon/os/unique_fd.h"

namespace minetd {

class PidFile {
  public:
    /// An empty path is no file. Throws std::runtime_error when another instance holds it, or it
    /// cannot be written.
    explicit PidFile(const std::string& path) : PidFile(path, UniqueFd()) {}
    /// The same where a former image of this process holds `former`: that file is kept if it is the
    /// one, else it goes.
    PidFile(const std::string& path, UniqueFd former);
    ~PidFile();
    PidFile(const PidFile&) = delete;
    PidFile& operator=(const PidFile&) = delete;

    /// Borrowed; -1: there is none.
    int fd() const noexcept { return fd_.get(); }

  private:
    bool keeps(const UniqueFd& former) const noexcept;

    std::string path_;
    UniqueFd fd_;
};

}  // namespace minetd
