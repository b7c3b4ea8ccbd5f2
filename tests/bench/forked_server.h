// SPDX-License-Identifier: ISC
// A server for a test: a loop of ours in a child, on a port that the kernel chose.
#pragma once

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/os/unique_fd.h"

namespace minetd::bench {

class ForkedServer {
  public:
    /// `serve` gets the listening socket and never returns. The child leads a process group of its
    /// own, which is ended with the object.
    template <typename Serve>
    explicit ForkedServer(Serve serve) {
        const UniqueFd listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        address_.sin_family = AF_INET;
        address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof address_;
        REQUIRE(bind(listener.get(), reinterpret_cast<sockaddr*>(&address_), length) == 0);
        REQUIRE(listen(listener.get(), 4096) == 0);
        REQUIRE(getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address_), &length) == 0);
        pid_ = fork();
        REQUIRE(pid_ >= 0);
        if (pid_ == 0) {
            setpgid(0, 0);
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            serve(listener.get());
            _exit(1);
        }
        setpgid(pid_, pid_);
    }
    ~ForkedServer() {
        kill(-pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
    }
    ForkedServer(const ForkedServer&) = delete;
    ForkedServer& operator=(const ForkedServer&) = delete;

    const sockaddr_in& address() const { return address_; }
    pid_t pid() const { return pid_; }

  private:
    sockaddr_in address_{};
    pid_t pid_ = -1;
};

}  // namespace minetd::bench
