// SPDX-License-Identifier: ISC
// The ident daemon of a test's clients (RFC 1413): says what it was told to say, when it was told.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "daemon/os/socket_address.h"
#include "daemon/os/unique_fd.h"

namespace minetd {

class FakeIdentDaemon {
  public:
    /// Answers on port 113 of the address, with this behind the ports: `USERID : UNIX : joe`.
    FakeIdentDaemon(std::string_view host, std::string answer);
    ~FakeIdentDaemon();

    void set_answer(std::string answer);
    /// Keeps its answers to itself until release().
    void hold();
    void release();
    /// The last query, without its end of line.
    std::string last_query();

  private:
    void serve();

    std::mutex mutex_;
    std::condition_variable changed_;
    std::string answer_, last_;
    bool held_ = false;
    UniqueFd socket_, stop_;
    std::thread thread_;
};

}  // namespace minetd
