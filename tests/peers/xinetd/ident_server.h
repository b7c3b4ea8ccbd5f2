// SPDX-License-Identifier: ISC
// An ident daemon (RFC 1413) of the client's host, which says that everybody is alice.
#pragma once

#include <string>
#include <thread>

#include "daemon/os/unique_fd.h"

namespace minetd {

class IdentServer {
  public:
    /// Listens on port 113 of the address.
    explicit IdentServer(const std::string& address);
    ~IdentServer();
    IdentServer(const IdentServer&) = delete;
    IdentServer& operator=(const IdentServer&) = delete;

  private:
    UniqueFd listener_;
    std::thread thread_;
};

}  // namespace minetd
