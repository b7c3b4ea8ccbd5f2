// SPDX-License-Identifier: ISC
// Descriptors that outlive the process that uses them, as systemd's file descriptor store keeps
// them (FileDescriptorStoreMax= of systemd.service(5)): any kind, several of a name, in the order
// they came.
#pragma once

#include <string>
#include <vector>

#include "daemon/os/unique_fd.h"

namespace minetd {

class DescriptorStore {
  public:
    explicit DescriptorStore(std::size_t most) : most_(most) {}

    enum class Outcome { kept, there_already, full };
    /// `fd` is taken in any case. One that is there already, under whatever name, is not kept
    /// twice.
    Outcome add(const std::string& name, UniqueFd fd);
    void remove(const std::string& name);

    std::size_t size() const noexcept { return entries_.size(); }
    std::size_t most() const noexcept { return most_; }
    std::vector<int> descriptors() const;  ///< borrowed
    /// As LISTEN_FDNAMES has it.
    std::string names() const;

  private:
    struct Entry {
        std::string name;
        UniqueFd fd;
    };
    std::size_t most_;
    std::vector<Entry> entries_;
};

}  // namespace minetd
