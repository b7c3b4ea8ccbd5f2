// SPDX-License-Identifier: ISC
#include "tests/integration/process_sockets.h"

#include <dirent.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <string>
#include <system_error>

#include "daemon/os/socket_address.h"
#include "daemon/os/unique_fd.h"
#include "tests/integration/process_tree.h"

namespace minetd {

namespace {

/// Calls `each` with the number and the inode of every socket.
template <class Each>
void for_each_socket(pid_t pid, Each each) {
    const std::string path = "/proc/" + std::to_string(pid) + "/fd";
    DIR* const directory = ::opendir(path.c_str());
    if (directory == nullptr) return;
    while (const dirent* entry = ::readdir(directory)) {
        struct stat status {};
        if (::stat((path + "/" + entry->d_name).c_str(), &status) == 0 && S_ISSOCK(status.st_mode))
            each(std::atoi(entry->d_name), status.st_ino);
    }
    ::closedir(directory);
}

}  // namespace

std::set<ino_t> sockets_of(pid_t pid) {
    std::set<ino_t> inodes;
    for_each_socket(pid, [&](int, ino_t inode) { inodes.insert(inode); });
    return inodes;
}

std::set<std::uint16_t> peers_of(pid_t pid) {
    // The sockets themselves are asked: /proc/net/tcp takes seconds where many have just closed.
    std::set<std::uint16_t> peers;
    const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    for_each_socket(pid, [&](int number, ino_t) {
        const UniqueFd its(static_cast<int>(::syscall(SYS_pidfd_getfd, process.get(), number, 0)));
        if (!its && (errno == EBADF || errno == ESRCH)) return;  // closed, or ended, meanwhile
        if (!its) throw std::system_error(errno, std::generic_category(), "pidfd_getfd");
        if (const SocketAddress peer = peer_address(its.get()); peer.is_ip())
            peers.insert(peer.port());
    });
    return peers;
}

bool is_stopped(pid_t pid) {
    bool stopped = true;
    for_each_task(pid, [&](const std::filesystem::path& task) {
        std::ifstream stat(task / "stat");
        std::string text;
        std::getline(stat, text);
        const std::size_t name_end = text.rfind(')');
        if (name_end != std::string::npos && text.compare(name_end, 4, ") T ") != 0)
            stopped = false;
    });
    return stopped;
}

}  // namespace minetd
