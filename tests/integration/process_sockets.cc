// SPDX-License-Identifier: ISC
#include "tests/integration/process_sockets.h"

#include <dirent.h>
#include <sys/stat.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

namespace minetd {

std::set<ino_t> sockets_of(pid_t pid) {
    std::set<ino_t> inodes;
    const std::string path = "/proc/" + std::to_string(pid) + "/fd";
    DIR* const directory = ::opendir(path.c_str());
    if (directory == nullptr) return inodes;
    while (const dirent* entry = ::readdir(directory)) {
        struct stat status {};
        if (::stat((path + "/" + entry->d_name).c_str(), &status) == 0 && S_ISSOCK(status.st_mode))
            inodes.insert(status.st_ino);
    }
    ::closedir(directory);
    return inodes;
}

std::set<std::uint16_t> peers_of(pid_t pid, std::uint16_t port) {
    const std::set<ino_t> held = sockets_of(pid);
    std::set<std::uint16_t> peers;
    std::ifstream table("/proc/net/tcp");
    std::string line;
    while (std::getline(table, line)) {
        unsigned local = 0, remote = 0;
        unsigned long inode = 0;
        if (std::sscanf(line.c_str(), " %*d: %*8x:%x %*8x:%x %*x %*s %*s %*s %*d %*d %lu", &local,
                        &remote, &inode) == 3 &&
            local == port && remote != 0 && held.contains(inode))
            peers.insert(static_cast<std::uint16_t>(remote));
    }
    return peers;
}

bool is_stopped(pid_t pid) {
    std::error_code gone;
    for (const auto& task :
         std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task", gone)) {
        std::ifstream stat(task.path() / "stat");
        std::string text;
        std::getline(stat, text);
        const std::size_t name_end = text.rfind(')');
        if (name_end != std::string::npos && text.compare(name_end, 4, ") T ") != 0) return false;
    }
    return true;
}

}  // namespace minetd
