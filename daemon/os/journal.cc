// SPDX-License-Identifier: ISC
#include "daemon/os/journal.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstdio>
#include <cstring>

#include "daemon/os/system_error.h"

namespace minetd {

std::string journal_entry(std::span<const JournalField> fields) {
    std::string entry;
    for (const auto& [name, value] : fields) {
        entry += name;
        if (value.find('\n') == std::string::npos) {
            entry += '=' + value;
        } else {
            entry += '\n';
            for (unsigned byte = 0; byte < 8; ++byte)
                entry += static_cast<char>((value.size() >> (8 * byte)) & 0xFF);
            entry += value;
        }
        entry += '\n';
    }
    return entry;
}

Journal::Journal(std::string path) : path_(std::move(path)) {
    if (!connect()) throw_errno("the journal's socket " + path_);
}

bool Journal::connect() noexcept {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path_.size() >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return false;
    }
    std::memcpy(address.sun_path, path_.data(), path_.size());
    fd_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    return fd_ &&
           ::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

bool Journal::send(std::span<const JournalField> fields) noexcept {
    const std::string entry = journal_entry(fields);
    for (int attempt = 0; attempt < 2; ++attempt) {
        if (::send(fd_.get(), entry.data(), entry.size(), MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
            return true;
        if (errno == EAGAIN || errno == EMSGSIZE || errno == ENOBUFS) return false;
        if (!connect()) return false;  // else it was restarted
    }
    return false;
}

bool is_journal_stream(int fd, const char* journal_stream) noexcept {
    unsigned long device = 0, inode = 0;
    struct stat status {};
    return journal_stream != nullptr &&
           std::sscanf(journal_stream, "%lu:%lu", &device, &inode) == 2 &&
           ::fstat(fd, &status) == 0 && status.st_dev == device && status.st_ino == inode;
}

}  // namespace minetd
