// SPDX-License-Identifier: ISC
#include "daemon/os/shared_memory.h"

#include <fcntl.h>
#include <sys/mman.h>

#include "daemon/os/system_error.h"

namespace minetd {

SharedMemory::SharedMemory(std::size_t size)
    : fd_(::memfd_create("minetd", MFD_CLOEXEC | MFD_ALLOW_SEALING)), size_(size) {
    if (!fd_ || ::ftruncate(fd_.get(), static_cast<off_t>(size)) < 0) throw_errno("memfd");
    // Without the seal a child could shrink the file and kill its parent with SIGBUS.
    if (::fcntl(fd_.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
        throw_errno("seal memfd");
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

}  // namespace minetd
