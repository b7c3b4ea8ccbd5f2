// SPDX-License-Identifier: ISC
// One directory of the cgroup2 hierarchy (the kernel's cgroup-v2.rst): processes begin in it, its
// files are read and written, and what is in it is killed at once. Where a tree may be made is
// looked up here too; what is put into it is not decided here.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/os/unique_fd.h"

namespace minetd {

/// Where the cgroup of a process is in the file system, by the texts of /proc/PID/cgroup and
/// /proc/PID/mountinfo; empty where there is no cgroup2, or it is mounted out of sight.
std::string cgroup_directory(std::string_view membership, std::string_view mountinfo);
/// That of this process.
std::string own_cgroup();

/// The directory is one of a mounted cgroup2 hierarchy.
bool is_cgroup2(const std::string& directory) noexcept;
/// Its owner left what is below it to whoever runs in it: `trusted.delegate` or `user.delegate`, as
/// systemd's Delegate=yes sets them (CGROUP_DELEGATION.md).
bool is_delegated(const std::string& directory) noexcept;

/// A place where processes begin. Whoever starts one asks for it each time.
class Birthplace {
  public:
    virtual ~Birthplace() = default;
    /// A descriptor for CLONE_INTO_CGROUP, borrowed; -1 with errno when it cannot be had.
    virtual int fd() noexcept = 0;
};

class Cgroup {
  public:
    /// Opens the directory, which is made unless it is there. Throws std::system_error.
    explicit Cgroup(std::string directory);

    const std::string& directory() const noexcept { return directory_; }
    int fd() const noexcept { return fd_.get(); }
    bool was_there() const noexcept { return was_there_; }

    bool has(const char* file) const noexcept;
    /// 0, or errno.
    int write(const char* file, std::string_view text) const noexcept;
    /// The first 4095 bytes; absent when it cannot be read.
    std::optional<std::string> read(const char* file) const noexcept;
    /// The number behind `key` in a file of such lines ("populated 1"); 0 when there is none.
    unsigned long number(const char* file, std::string_view key) const noexcept;

    /// Moves a process into it, 0: this one. 0, or errno.
    int join(pid_t pid = 0) const noexcept;
    /// Who is in it, as far as they are in this pid namespace.
    std::vector<pid_t> processes() const noexcept;
    /// There are processes in it or below.
    bool populated() const noexcept;
    /// SIGKILL to all of them at once, whatever they call themselves or fork meanwhile. Before
    /// Linux 5.14 one by one.
    void kill() const noexcept;
    /// False: there is something in it still.
    bool remove() const noexcept;

  private:
    std::string directory_;
    UniqueFd fd_;
    bool was_there_ = false;
};

/// What says how much is used in a cgroup; closed where its controller is not there. Whoever is
/// given them reads them wherever he is confined, and changes nothing by them.
struct UsageFiles {
    UniqueFd memory;  ///< memory.current: bytes
    UniqueFd tasks;   ///< pids.current: processes and threads
};
/// Of the cgroup behind a descriptor of its directory.
UsageFiles usage_files(int directory) noexcept;
/// The number in it now; absent where there is none, or the cgroup is gone.
std::optional<std::uint64_t> current_usage(int file) noexcept;

/// Moves this process to the cgroup behind a descriptor of its directory. 0, or errno.
int join_cgroup(int directory) noexcept;

}  // namespace minetd
