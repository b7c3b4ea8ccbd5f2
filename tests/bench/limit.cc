// SPDX-License-Identifier: ISC
// limit: the least a server can do for a connection, so what the machine can do. Each mode is a
// loop without limits, records, identities or error recovery; a daemon is measured against it.
//   limit MODE PORT [PROGRAM [ARGUMENT...] | SERVERS]

#include "tests/bench/limit.h"

#include <arpa/inet.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string_view>
#include <system_error>

#include "daemon/os/unique_fd.h"

namespace minetd::bench {

namespace {

/// What follows the port.
enum class Takes { nothing, program, servers };

struct Mode {
    std::string_view name;
    void (*serve)(int listener, char** arguments);
    Takes takes;
    const char* help;
};

constexpr Mode modes[] = {
    {"vm_prefork_exec", serve_vm_prefork_exec, Takes::program,
     "children made beforehand by clone(CLONE_VM) wait in accept, then exec"},
    {"vm", serve_vm, Takes::program, "accept, clone(CLONE_VM) on a ready stack, no waiting"},
    {"vm_x2", serve_vm_x2, Takes::program, "the same on two threads"},
    {"vfork", serve_vfork, Takes::program, "accept, vfork, exec"},
    {"fork", serve_fork, Takes::program, "accept, fork, exec"},
    {"echo_epoll_1", serve_echo_epoll_1, Takes::nothing, "one thread echoes on epoll"},
    {"echo_epoll_2", serve_echo_epoll_2, Takes::nothing,
     "two threads, each on an epoll of its own"},
    {"echo_threads", serve_echo_threads, Takes::servers,
     "a thread per client blocks in accept, then echoes"},
    {"echo_procs", serve_echo_procs, Takes::servers,
     "a process per client blocks in accept, then echoes"},
};

[[noreturn]] void usage() {
    std::fprintf(stderr, "usage: limit MODE PORT [PROGRAM [ARGUMENT...] | SERVERS]\n");
    for (const Mode& mode : modes)
        std::fprintf(stderr, "  %-16.*s %s\n", static_cast<int>(mode.name.size()), mode.name.data(),
                     mode.help);
    std::exit(64);
}

bool fits(Takes takes, int arguments) {
    switch (takes) {
        case Takes::nothing:
            return arguments == 0;
        case Takes::program:
            return arguments > 0;
        case Takes::servers:
            return arguments <= 1;
    }
    return false;
}

UniqueFd listen_on(std::uint16_t port) {
    UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int on = 1;
    setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        listen(fd.get(), 4096) != 0)
        throw std::system_error(errno, std::generic_category(), "listening socket");
    return fd;
}

int serve(int argc, char** argv) {
    if (argc < 3) usage();
    const std::string_view port_text = argv[2];
    std::uint16_t port = 0;
    const auto parsed =
        std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
    if (parsed.ec != std::errc{} || parsed.ptr != port_text.data() + port_text.size()) usage();
    for (const Mode& mode : modes) {
        if (mode.name != argv[1]) continue;
        if (!fits(mode.takes, argc - 3)) usage();
        const UniqueFd listener = listen_on(port);
        mode.serve(listener.get(), argv + 3);
        return 0;
    }
    usage();
}

}  // namespace

}  // namespace minetd::bench

int main(int argc, char** argv) try {
    return minetd::bench::serve(argc, argv);
} catch (const std::exception& error) {
    std::fprintf(stderr, "limit: %s\n", error.what());
    return 71;
}
