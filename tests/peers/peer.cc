// SPDX-License-Identifier: ISC
#include "tests/peers/peer.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <system_error>

#include "daemon/os/unique_fd.h"
#include "tests/integration/client.h"

namespace minetd {

Peer::Peer(const std::vector<std::string>& command, std::uint16_t ready_port,
           const std::string& log) {
    std::vector<std::string> words = command;
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    pid_ = fork();
    if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (pid_ == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        setsid();  // no terminal, wherever the test runs
        const int output = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
        dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), 0);
        dup2(output, 1);
        dup2(output, 2);
        execv(argv[0], argv.data());
        _exit(127);
    }
    // The old inetds tell nobody when they are ready, so this asks, until one end comes.
    const UniqueFd pidfd(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
    for (int tries = 0; tries < patience_ms / 10; ++tries) {
        if (Client(ready_port).ask("x\n") == "x\n") return;
        pollfd ended{pidfd.get(), POLLIN, 0};
        if (poll(&ended, 1, 10) > 0) break;
    }
    throw std::runtime_error(command[0] + " does not serve; see " + log);
}

Peer::~Peer() {
    ::kill(pid_, SIGTERM);
    waitpid(pid_, nullptr, 0);
}

}  // namespace minetd
