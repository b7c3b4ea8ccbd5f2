// SPDX-License-Identifier: ISC
// Memory that a service's processes share. A forked child does not inherit the mapping: it maps
// what it was given the descriptor of, so that no service can reach another's.
#pragma once

#include <cstddef>

#include "daemon/os/unique_fd.h"

namespace minetd {

/// A zeroed, sealed-in-size memory file and this process's mapping of it.
class SharedMemory {
  public:
    explicit SharedMemory(std::size_t size);  ///< throws std::system_error
    /// One that a former image of this process made, of exactly this size. Throws
    /// std::runtime_error when it is another, or could be made smaller under our feet.
    SharedMemory(UniqueFd memory, std::size_t size);
    ~SharedMemory();
    SharedMemory(const SharedMemory&) = delete;
    SharedMemory& operator=(const SharedMemory&) = delete;

    void* address() const noexcept { return address_; }
    std::size_t size() const noexcept { return size_; }
    int fd() const noexcept { return fd_.get(); }

    /// In a forked child that is to use the memory: maps it again.
    void remap();  ///< throws std::system_error

  private:
    UniqueFd fd_;
    std::size_t size_;
    void* address_ = nullptr;
};

/// A descriptor of the same memory for one who may read it only: of another user, he can neither
/// write nor open it anew for writing. Empty, with errno, when it cannot be had (/proc is needed).
UniqueFd open_read_only(int memory_fd) noexcept;

}  // namespace minetd
