// SPDX-License-Identifier: ISC
// One of the inetds that are compared: started on a configuration, in the foreground, ended by its
// object. The ready service of the configuration tells when it serves.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace minetd {

class Peer {
  public:
    /// Runs the command; returns when `ready_port` answers. What it prints goes to `log`.
    Peer(const std::vector<std::string>& command, std::uint16_t ready_port, const std::string& log);
    ~Peer();
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;
    pid_t pid() const { return pid_; }

  private:
    pid_t pid_ = -1;
};

}  // namespace minetd
