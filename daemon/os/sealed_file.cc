// SPDX-License-Identifier: ISC
#include "daemon/os/sealed_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/os/system_error.h"

namespace minetd {
namespace {

constexpr int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

}  // namespace

UniqueFd sealed_file(const char* name, std::string_view text) {
    UniqueFd fd(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!fd) throw_errno("memfd");
    for (std::size_t done = 0; done < text.size();) {
        const ssize_t written = ::write(fd.get(), text.data() + done, text.size() - done);
        if (written < 0) throw_errno("write memfd");
        done += static_cast<std::size_t>(written);
    }
    if (::fcntl(fd.get(), F_ADD_SEALS, seals) < 0) throw_errno("seal memfd");
    return fd;
}

std::string read_sealed_file(int fd, std::size_t most) {
    const int present = ::fcntl(fd, F_GET_SEALS);
    if (present < 0 || (present & seals) != seals)
        throw SealedFileError("this is no sealed memory file");
    struct stat status {};
    if (::fstat(fd, &status) < 0 || status.st_size < 0 ||
        static_cast<std::size_t>(status.st_size) > most)
        throw SealedFileError("it is too long");
    if (status.st_uid != 0 && status.st_uid != ::geteuid())
        throw SealedFileError("it is of another user");
    std::string text(static_cast<std::size_t>(status.st_size), '\0');
    for (std::size_t done = 0; done < text.size();) {
        const ssize_t got =
            ::pread(fd, text.data() + done, text.size() - done, static_cast<off_t>(done));
        if (got <= 0) throw SealedFileError("it cannot be read");
        done += static_cast<std::size_t>(got);
    }
    return text;
}

}  // namespace minetd
