// SPDX-License-Identifier: ISC
#include "tests/integration/resident.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <cstring>

extern char** environ;

namespace minetd {
namespace {

/// sd_notify(3), as any language can write it.
void notify(const std::string& state) {
    const char* name = std::getenv("NOTIFY_SOCKET");
    if (name == nullptr) return;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::size_t size = std::min(std::strlen(name), sizeof address.sun_path);
    std::memcpy(address.sun_path, name, size);
    if (address.sun_path[0] == '@') address.sun_path[0] = '\0';
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    (void)!sendto(fd, state.data(), state.size(), 0, reinterpret_cast<sockaddr*>(&address),
                  static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + size));
    close(fd);
}

class Resident {
  public:
    explicit Resident(const std::vector<std::string>& words) : words_(words) {
        const char* pid = std::getenv("LISTEN_PID");
        if (pid == nullptr || std::atoi(pid) != getpid()) return;
        for (int i = 0; i < std::atoi(std::getenv("LISTEN_FDS")); ++i)
            sockets_.push_back({.fd = 3 + i, .events = POLLIN, .revents = 0});
    }
    bool told(const char* word) const {
        return std::find(words_.begin(), words_.end(), word) != words_.end();
    }
    int run();

  private:
    void serve(int connection);
    std::string obey(const std::string& line);
    void tell_state(const char* state) const {
        if (told("state")) notify(std::string("X_MINETD_STATE=") + state);
    }

    std::vector<std::string> words_;
    std::vector<pollfd> sockets_;
};

std::string surroundings() {
    std::string text;
    for (char** variable = environ; *variable != nullptr; ++variable)
        text += std::string("env ") + *variable + '\n';
    std::vector<int> open;
    if (DIR* directory = opendir("/proc/self/fd")) {
        while (const dirent* entry = readdir(directory))
            if (entry->d_name[0] != '.' && std::atoi(entry->d_name) != dirfd(directory))
                open.push_back(std::atoi(entry->d_name));
        closedir(directory);
    }
    std::sort(open.begin(), open.end());
    text += "fds";
    for (const int fd : open) text += ' ' + std::to_string(fd);
    char target[256] = {};
    (void)!readlink("/proc/self/fd/0", target, sizeof target - 1);
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    text += "\nnice " + std::to_string(getpriority(PRIO_PROCESS, 0)) + "\nfiles " +
            std::to_string(files.rlim_cur);
    return text + "\nstdin " + target + "\nblocking " +
           ((fcntl(3, F_GETFL) & O_NONBLOCK) != 0 ? "no" : "yes") + '\n';
}

/// One command; the answer to it.
std::string Resident::obey(const std::string& line) {
    if (line == "pid") return std::to_string(getpid());
    if (line == "surroundings") return surroundings() + "end";
    if (line == "fail") _exit(7);
    if (line == "leave") _exit(0);
    if (line == "crash") raise(SIGKILL);
    if (line == "complain") return (void)!write(1, "out\n", 4), (void)!write(2, "error\n", 6), "";
    if (line.rfind("notify ", 0) == 0) return notify(line.substr(7)), "notified";
    return line;
}

void Resident::serve(int connection) {
    tell_state("busy");
    std::string line;
    char byte;
    while (read(connection, &byte, 1) == 1) {
        if (byte != '\n') {
            line += byte;
            continue;
        }
        const std::string answer = obey(line) + '\n';
        (void)!write(connection, answer.data(), answer.size());
        line.clear();
    }
    close(connection);
    tell_state("idle");
}

int Resident::run() {
    if (told("fail")) return 1;
    if (told("leave")) return 0;
    if (sockets_.empty()) return 2;
    if (told("blocking"))
        for (;;) serve(accept4(3, nullptr, nullptr, SOCK_CLOEXEC));
    if (told("deaf")) signal(SIGTERM, SIG_IGN);
    sigset_t term;
    sigemptyset(&term);
    if (!told("deaf")) sigaddset(&term, SIGTERM);
    sigprocmask(SIG_BLOCK, &term, nullptr);
    for (const pollfd& socket : sockets_)
        fcntl(socket.fd, F_SETFL, fcntl(socket.fd, F_GETFL) | O_NONBLOCK);
    sockets_.push_back({.fd = signalfd(-1, &term, SFD_CLOEXEC), .events = POLLIN, .revents = 0});
    if (told("late"))
        while (access(words_.back().c_str(), F_OK) != 0)
            if (poll(&sockets_.back(), 1, 10) > 0) return 0;
    if (told("ready") || told("late")) notify("READY=1");
    tell_state("idle");
    for (;;) {
        if (told("ping")) notify("WATCHDOG=1");
        poll(sockets_.data(), sockets_.size(), told("ping") ? 200 : -1);
        if (sockets_.back().revents != 0) break;
        for (const pollfd& socket : sockets_) {
            if (socket.revents == 0) continue;
            const int connection = accept4(socket.fd, nullptr, nullptr, SOCK_CLOEXEC);
            if (connection >= 0) serve(connection);
        }
    }
    notify("STOPPING=1");
    return 0;
}

}  // namespace

int serve_resident(const std::vector<std::string>& words) {
    return Resident(words).run();
}

}  // namespace minetd
