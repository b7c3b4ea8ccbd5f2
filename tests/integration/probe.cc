// SPDX-License-Identifier: ISC
// The program that the integration tests serve. Its first argument says what it does; what it sees
// of its surroundings it prints as lines `name=value`, so that a test compares plain text.
#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/tcp.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/os/socket_address.h"
#include "tests/integration/forbidden.h"
#include "tests/integration/free_port.h"
#include "tests/integration/gauge.h"
#include "tests/integration/resident.h"
#include "tests/integration/wait_programs.h"

extern char** environ;

namespace {

using minetd::Gauge;

void print_identity() {
    uid_t real = 0, effective = 0, saved = 0;
    getresuid(&real, &effective, &saved);
    std::printf("uid=%u %u %u\n", real, effective, saved);
    gid_t group = 0, effective_group = 0, saved_group = 0;
    getresgid(&group, &effective_group, &saved_group);
    std::printf("gid=%u %u %u\n", group, effective_group, saved_group);
    std::vector<gid_t> groups(static_cast<std::size_t>(std::max(0, getgroups(0, nullptr))));
    if (!groups.empty()) (void)!getgroups(static_cast<int>(groups.size()), groups.data());
    std::sort(groups.begin(), groups.end());
    std::printf("groups=");
    for (std::size_t i = 0; i < groups.size(); ++i) std::printf(i ? " %u" : "%u", groups[i]);
    std::printf("\n");
}

void print_signals() {
    sigset_t mask;
    sigprocmask(SIG_BLOCK, nullptr, &mask);
    std::string blocked, ignored;
    for (int signal = 1; signal < NSIG; ++signal) {
        if (sigismember(&mask, signal) == 1) blocked += " " + std::to_string(signal);
        struct sigaction action {};
        if (sigaction(signal, nullptr, &action) == 0 && action.sa_handler != SIG_DFL)
            ignored += " " + std::to_string(signal);
    }
    std::printf("blocked=%s\nnot_default=%s\n", blocked.c_str(), ignored.c_str());
}

void print_descriptors() {
    std::vector<int> open;
    DIR* directory = opendir("/proc/self/fd");
    if (directory == nullptr) return;
    while (const dirent* entry = readdir(directory)) {
        const int fd = std::atoi(entry->d_name);
        if (entry->d_name[0] != '.' && fd != dirfd(directory)) open.push_back(fd);
    }
    closedir(directory);
    std::sort(open.begin(), open.end());
    for (const int fd : open) {
        char target[256];
        const ssize_t length =
            readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), target, sizeof target - 1);
        target[std::max<ssize_t>(length, 0)] = '\0';
        std::printf("fd%d=%s\n", fd, target);
    }
}

void print_limits() {
    constexpr std::pair<const char*, int> table[] = {
        {"nofile", RLIMIT_NOFILE}, {"core", RLIMIT_CORE},   {"cpu", RLIMIT_CPU},
        {"fsize", RLIMIT_FSIZE},   {"nproc", RLIMIT_NPROC}, {"as", RLIMIT_AS},
        {"data", RLIMIT_DATA},     {"rss", RLIMIT_RSS},     {"stack", RLIMIT_STACK}};
    for (const auto& [name, resource] : table) {
        rlimit limit{};
        getrlimit(static_cast<__rlimit_resource>(resource), &limit);
        std::printf("rlimit_%s=%lld %lld\n", name, static_cast<long long>(limit.rlim_cur),
                    static_cast<long long>(limit.rlim_max));
    }
}

int option_of(int level, int option) {
    int value = 0;
    socklen_t size = sizeof value;
    getsockopt(0, level, option, &value, &size);
    return value != 0;
}

int report(int argc, char** argv) {
    for (int i = 0; i < argc; ++i) std::printf("argv%d=%s\n", i, argv[i]);
    for (char** variable = environ; *variable != nullptr; ++variable)
        std::printf("env %s\n", *variable);
    print_identity();
    print_signals();
    print_descriptors();
    print_limits();
    char directory[4096];
    std::printf("cwd=%s\n", getcwd(directory, sizeof directory));
    const mode_t mask = umask(0);
    std::printf("umask=%03o\n", mask);
    std::printf("nice=%d\n", getpriority(PRIO_PROCESS, 0));
    std::printf("pid=%d\nppid=%d\nsid=%d\npgid=%d\n", getpid(), getppid(), getsid(0), getpgid(0));
    std::printf("nonblocking=%d\n", (fcntl(0, F_GETFL) & O_NONBLOCK) != 0);
    std::printf("nodelay=%d\nkeepalive=%d\n", option_of(IPPROTO_TCP, TCP_NODELAY),
                option_of(SOL_SOCKET, SO_KEEPALIVE));
    std::printf("peer=%s\nlocal=%s\n", minetd::peer_address(0).str().c_str(),
                minetd::local_address(0).str().c_str());
    std::printf("end\n");
    return 0;
}

/// Says "held", and stays until the client hangs up; the gauge file shows how many are there at
/// once.
int hold(const char* file) {
    Gauge& gauge = Gauge::open(file);
    gauge.enter();
    (void)!write(1, "held\n", 5);
    char byte;
    while (read(0, &byte, 1) > 0) {
    }
    gauge.leave();
    return 0;
}

/// Answers one line with that line.
int answer() {
    std::string line;
    char byte;
    while (line.find('\n') == std::string::npos && read(0, &byte, 1) == 1) line += byte;
    return write(1, line.data(), line.size()) == static_cast<ssize_t>(line.size()) ? 0 : 1;
}

/// Reads to the end, and says how much that was.
int count() {
    std::size_t all = 0;
    char buffer[4096];
    for (ssize_t got; (got = read(0, buffer, sizeof buffer)) > 0;)
        all += static_cast<std::size_t>(got);
    return std::printf("%zu\n", all) > 0 ? 0 : 1;
}

/// A `wait` program that reports to a file, and takes one client.
int report_to(const char* file, int argc, char** argv) {
    // Where it is whole at once.
    const std::string unfinished = std::string(file) + ".new";
    std::fflush(stdout);
    if (std::freopen(unfinished.c_str(), "w", stdout) == nullptr) return 1;
    report(argc, argv);
    std::fclose(stdout);
    std::rename(unfinished.c_str(), file);
    const int connection = accept4(0, nullptr, nullptr, SOCK_CLOEXEC);
    return connection >= 0 && close(connection) == 0 ? 0 : 1;
}

/// A `wait` program for streams: takes `count` connections from fd 0, says its pid to each.
int accept_some(int count) {
    for (int i = 0; i < count; ++i) {
        const int connection = accept4(0, nullptr, nullptr, SOCK_CLOEXEC);
        if (connection < 0) return 1;
        const std::string reply = std::to_string(getpid()) + "\n";
        (void)!write(connection, reply.data(), reply.size());
        close(connection);
    }
    return 0;
}

/// A `wait` program for datagrams: answers `count` of them with "PID payload".
int receive_some(int count) {
    for (int i = 0; i < count; ++i) {
        static char payload[65536];
        sockaddr_storage peer{};
        socklen_t length = sizeof peer;
        const ssize_t size =
            recvfrom(0, payload, sizeof payload, 0, reinterpret_cast<sockaddr*>(&peer), &length);
        if (size < 0) return 1;
        const std::string reply =
            std::to_string(getpid()) + " " + std::string(payload, static_cast<std::size_t>(size));
        sendto(0, reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&peer), length);
    }
    return 0;
}

/// Counts that it was started, touches nothing and leaves: the program that makes a loop. When the
/// named file exists it does its work instead, as a program does that was repaired.
int never_take(const char* gauge, const char* repaired) {
    Gauge::open(gauge).enter();
    Gauge::open(gauge).leave();
    return access(repaired, F_OK) == 0 ? receive_some(1) : 0;
}

/// Tries what each line of a client says to do, and answers with what the kernel said.
int try_for(int connection) {
    FILE* const client = fdopen(connection, "r");
    char* line = nullptr;
    size_t room = 0;
    for (ssize_t size; client != nullptr && (size = getline(&line, &room, client)) > 0;) {
        if (line[size - 1] == '\n') line[size - 1] = '\0';
        const std::string reply = minetd::attempt(line) + "\n";
        (void)!write(connection, reply.data(), reply.size());
    }
    free(line);
    return client != nullptr ? fclose(client) : 1;
}

/// The same for clients that it accepts itself from this descriptor, one or as many as come.
int try_for_many(int listening, bool stay) {
    do {
        const int connection = accept4(listening, nullptr, nullptr, SOCK_CLOEXEC);
        if (connection >= 0) try_for(connection);
    } while (stay);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view mode = argc > 1 ? argv[1] : "";
    const char* first = argc > 2 ? argv[2] : "";
    if (mode == "report") return report(argc, argv);
    if (mode == "hold") return hold(first);
    if (mode == "answer") return answer();
    if (mode == "count") return count();
    if (mode == "report-to") return report_to(first, argc, argv);
    if (mode == "accept") return accept_some(std::atoi(first));
    if (mode == "receive") return receive_some(std::atoi(first));
    if (mode == "converse") return minetd::converse(std::atoi(first));
    if (mode == "tell") return minetd::receive_and_tell(std::atoi(first));
    if (mode == "late") return minetd::answer_late();
    if (mode == "swallow") return minetd::swallow();
    if (mode == "aside") return minetd::answer_aside();
    if (mode == "never-take" && argc > 3) return never_take(first, argv[3]);
    if (mode == "resident") return minetd::serve_resident({argv + 2, argv + argc});
    if (mode == "try") return try_for(0);
    if (mode == "try-wait") return try_for_many(0, false);
    if (mode == "try-resident") return try_for_many(3, true);
    if (mode == "euid") return std::printf("%u\n", geteuid()) > 0 ? 0 : 1;
    if (mode == "exit") return std::atoi(first);
    if (mode == "free-port") return std::printf("%u\n", minetd::free_port()) > 0 ? 0 : 1;
    if (mode == "die") return std::raise(std::atoi(first));
    if (mode == "complain") return std::fprintf(stderr, "a complaint\n") > 0 ? 0 : 1;
    std::fprintf(stderr, "probe: unknown mode\n");
    return 64;
}
