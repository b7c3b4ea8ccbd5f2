// SPDX-License-Identifier: ISC
// Boards on their way to those who show them: what there is, and for each listener what it knows of
// it by now. Whoever falls behind is told later, and only what is still true.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "daemon/os/cgroup.h"
#include "daemon/os/unique_fd.h"
#include "mpm/control.h"

namespace minetd {

struct SharedBoard {
    BoardCard card;
    std::string service;  ///< its key
    UniqueFd readable;    ///< read-only; for who was given it
    int memory_fd = -1;   ///< for who owns the memory; -1 with no `readable`: nothing counted yet
};

/// What the cgroup of a service uses.
struct SharedUsage {
    std::uint32_t version = 0;  ///< another one has another
    UniqueFd cgroup;            ///< for who made it: its directory
    UsageFiles files;           ///< for who was given them
};

class BoardSet {
  public:
    using Boards = std::map<std::uint32_t, SharedBoard>;  // by number: older ones first
    const Boards& boards() const noexcept { return boards_; }
    Boards& boards() noexcept { return boards_; }

    using Usages = std::map<std::string, SharedUsage, std::less<>>;  // by the service's key
    const Usages& usages() const noexcept { return usages_; }
    /// The service has this cgroup now, whose directory is borrowed; -1: none.
    void set_cgroup(const std::string& service, int directory);

    /// The daemon: when it began (seconds since 1970), and which load of its configuration this is.
    std::int64_t began = 0;
    std::uint32_t configuration = 0;

    /// Takes in what a BoardFeed said. The daemon's figures come after all boards that there were.
    void hear(const ControlMessage& message, UniqueFd attached);

  private:
    Boards boards_;
    Usages usages_;
    std::uint32_t last_usage_ = 0;
};

/// One listener.
class BoardFeed {
  public:
    /// No more boards than this: each takes a descriptor of the listener's. What services use is
    /// told while there is room for two more.
    explicit BoardFeed(std::size_t most = 4096) noexcept : most_(most) {}

    /// Says what the other side does not know yet. False: something is still to be said, later.
    bool update(const BoardSet& set, Channel& channel) noexcept;
    /// Boards that were left out for want of descriptors.
    std::size_t left_out() const noexcept { return left_out_; }

  private:
    bool update_usages(const BoardSet& set, Channel& channel) noexcept;

    std::size_t most_, left_out_ = 0;
    std::map<std::uint32_t, std::string> told_;                      ///< boards, and their services
    std::map<std::string, std::uint32_t, std::less<>> told_usages_;  ///< their versions
    std::uint32_t configuration_ = 0;
};

}  // namespace minetd
