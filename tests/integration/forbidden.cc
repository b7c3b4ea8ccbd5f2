// SPDX-License-Identifier: ISC
#include "tests/integration/forbidden.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "daemon/os/unique_fd.h"

namespace minetd {
namespace {

std::string answer(long result) {
    return result >= 0 ? "ok" : ::strerrorname_np(errno);
}

std::string open_for(const std::string& path, int flags) {
    const UniqueFd file(::open(path.c_str(), flags | O_CLOEXEC, 0666));
    if (!file) return answer(-1);
    char byte = 'x';
    return answer((flags & O_ACCMODE) == O_RDONLY ? ::read(file.get(), &byte, 1)
                                                  : ::write(file.get(), &byte, 1));
}

std::string list(const std::string& path) {
    DIR* const directory = ::opendir(path.c_str());
    if (directory == nullptr) return answer(-1);
    std::vector<std::string> names;
    while (const dirent* entry = ::readdir(directory))
        if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
    ::closedir(directory);
    std::sort(names.begin(), names.end());
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : " ") + name;
    return text.empty() ? "empty" : text;
}

sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

std::string bind_port(int port) {
    const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in address = loopback(port);
    if (!socket) return answer(-1);
    return answer(
        ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address));
}

std::string connect_to(const sockaddr_in& address) {
    const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket) return answer(-1);
    return answer(
        ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address));
}

/// A listener and a connection to it.
std::string talk_to_itself() {
    const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address = loopback(0);
    socklen_t length = sizeof address;
    if (!socket || ::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), length) < 0 ||
        ::listen(socket.get(), 1) < 0 ||
        ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &length) < 0)
        return answer(-1);
    return connect_to(address);
}

/// What a program prints; or why it cannot be started.
std::string output_of(const std::string& path, const char* argument) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) < 0) return answer(-1);
    const pid_t child = ::fork();
    if (child == 0) {
        ::dup2(ends[1], 1);
        ::execl(path.c_str(), path.c_str(), argument, nullptr);
        ::_exit(errno);
    }
    ::close(ends[1]);
    const UniqueFd from(ends[0]);
    std::string text;
    char byte;
    while (child > 0 && ::read(from.get(), &byte, 1) == 1)
        if (byte != '\n') text += byte;
    int status = 0;
    if (child < 0 || ::waitpid(child, &status, 0) != child) return answer(-1);
    if (WEXITSTATUS(status) != 0) return ::strerrorname_np(WEXITSTATUS(status));
    return text.empty() ? "ok" : text;
}

std::string raise_capability(unsigned number) {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[2];
    if (::syscall(SYS_capget, &header, data) < 0) return answer(-1);
    data[number / 32].permitted |= 1U << (number % 32);
    data[number / 32].effective |= 1U << (number % 32);
    return answer(::syscall(SYS_capset, &header, data));
}

/// The old way out: another root directory further in, and then upwards from outside of it.
std::string leave_root() {
    char name[] = "/tmp/way-out-XXXXXX";
    if (::mkdtemp(name) == nullptr) return answer(-1);
    const int result = ::chroot(name);
    const int error = errno;
    ::rmdir(name);
    errno = error;
    return answer(result);
}

}  // namespace

std::string attempt(const std::string& line) {
    const std::size_t blank = line.find(' ');
    const std::string word = line.substr(0, blank);
    const std::string object = blank == std::string::npos ? "" : line.substr(blank + 1);
    if (word == "read") return open_for(object, O_RDONLY);
    if (word == "write") return open_for(object, O_WRONLY | O_CREAT);
    if (word == "list") return list(object);
    if (word == "run") return output_of(object, "euid");
    if (word == "connect") return connect_to(loopback(std::atoi(object.c_str())));
    if (word == "bind") return bind_port(std::atoi(object.c_str()));
    if (word == "lo") return talk_to_itself();
    if (word == "mount") return answer(::mount("none", "/", nullptr, MS_REC | MS_SLAVE, nullptr));
    // Of nobody: what is not forbidden finds no such process.
    if (word == "ptrace") return answer(::ptrace(PTRACE_CONT, ::getpid(), nullptr, nullptr));
    if (word == "raise") return raise_capability(CAP_SYS_ADMIN);
    if (word == "chown") return answer(::chown(object.c_str(), 1, 1));
    if (word == "chroot") return leave_root();
    if (word == "uid") return std::to_string(::geteuid());
    return "no such word";
}

}  // namespace minetd
