// SPDX-License-Identifier: ISC
#include "daemon/os/shared_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cstdio>
#include <stdexcept>

#include "daemon/os/system_error.h"

namespace minetd {

SharedMemory::SharedMemory(std::size_t size)
    : fd_(::memfd_create("minetd", MFD_CLOEXEC | MFD_ALLOW_SEALING)), size_(size) {
    if (!fd_ || ::ftruncate(fd_.get(), static_cast<off_t>(size)) < 0) throw_errno("memfd");
    // Without the seal a child could shrink the file and kill its parent with SIGBUS.
    if (::fcntl(fd_.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
        throw_errno("seal memfd");
    // The kernel makes it open to all; who holds a descriptor for reading could open one to write.
    if (::fchmod(fd_.get(), 0600) < 0) throw_errno("chmod memfd");
    remap();
    if (::madvise(address_, size_, MADV_DONTFORK) < 0) throw_errno("madvise");
}

SharedMemory::SharedMemory(UniqueFd memory, std::size_t size)
    : fd_(std::move(memory)), size_(size) {
    struct stat status {};
    const int seals = ::fcntl(fd_.get(), F_GET_SEALS);
    if (::fstat(fd_.get(), &status) < 0 || static_cast<std::size_t>(status.st_size) != size ||
        seals < 0 || (seals & F_SEAL_SHRINK) == 0)
        throw std::runtime_error("this is not the memory that it was said to be");
    remap();
    if (::madvise(address_, size_, MADV_DONTFORK) < 0) throw_errno("madvise");
}

SharedMemory::~SharedMemory() {
    ::munmap(address_, size_);
}

void SharedMemory::remap() {
    void* address = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, fd_.get(), 0);
    if (address == MAP_FAILED) throw_errno("mmap");
    address_ = address;
}

UniqueFd open_read_only(int memory_fd) noexcept {
    char path[32];
    std::snprintf(path, sizeof path, "/proc/self/fd/%d", memory_fd);
    return UniqueFd(::open(path, O_RDONLY | O_CLOEXEC));
}

}  // namespace minetd
