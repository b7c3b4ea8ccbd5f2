// SPDX-License-Identifier: ISC
// A service manager's file descriptor store, played: it keeps what it is told to by FDSTORE=1 of
// sd_notify(3), and passes it to the next start.
#pragma once

#include <map>
#include <string>

#include "daemon/os/unique_fd.h"
#include "tests/integration/daemon_under_test.h"

namespace minetd {

class FdStore {
  public:
    FdStore();
    /// For NOTIFY_SOCKET.
    std::string path() const { return directory_.path() + "/notify"; }
    /// Leaves no room in the socket until it is read.
    void fill() const;
    /// Reads all that was sent; what is kept, by name.
    std::map<std::string, UniqueFd>& kept();
    /// How many of them are sockets.
    std::size_t sockets() { return kept().size() - kept_.count("minetd-state"); }
    /// TERM, and the daemon's end, its exit status: a manager listens meanwhile.
    int stop(DaemonUnderTest& daemon);
    /// For the next start.
    LaunchOptions launch();

  private:
    TemporaryDirectory directory_;
    UniqueFd fd_;
    std::map<std::string, UniqueFd> kept_;
};

}  // namespace minetd
