// SPDX-License-Identifier: ISC
// Services with `intercept`, and what their peers and their processes tell.
#pragma once

#include <sys/socket.h>

#include <set>
#include <string>

#include "tests/integration/client.h"
#include "tests/integration/daemon_under_test.h"

namespace minetd {

Client from(const char* host, std::uint16_t port, int type = SOCK_STREAM);
std::string own_address(const Client& client);

/// "PID PEER REST", as the program says it.
struct Told {
    explicit Told(const std::string& text);
    pid_t pid = 0;
    std::string peer, rest;
};

Told ask(Client& client, const std::string& datagram);
/// No answer has come.
bool is_silent(Client& client);

/// The processes that stand before the program.
std::set<pid_t> interceptors(DaemonUnderTest& daemon);
std::set<pid_t> children(DaemonUnderTest& daemon);

bool is_root();

/// A service `held` at port `held`, which records what there is of its peers.
std::string stream(const std::string& mode, const std::string& settings = "");
std::string datagram(const std::string& mode, const std::string& settings = "");
extern const std::string intercept_records;

}  // namespace minetd
