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
    explicit PidFile(const std::string& path);
    ~PidFile();
    PidFile(const PidFile&) = delete;
    PidFile& operator=(const PidFile&) = delete;

  private:
    std::string path_;
    UniqueFd fd_;
};

}  // namespace minetd
