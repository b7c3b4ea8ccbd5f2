// SPDX-License-Identifier: ISC
// The one path on which a program starts, whoever accepted its connection.
//
// A start is clone(CLONE_VM) on a stack that is ready: nothing of this process is copied, so its
// cost does not grow with the size of the daemon, and nobody waits for the exec: the next start and
// the event loop go on at once. The kernel clears a word of the slot when the child leaves this
// memory, by exec or by exit; until then slot and plan belong to the child. The child makes raw
// system calls only. Linux: clone(2), CLONE_CHILD_CLEARTID.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon/os/cgroup.h"
#include "daemon/os/clock.h"
#include "daemon/os/socket_address.h"
#include "mpm/launch_plan.h"
#include "mpm/launch_step.h"

namespace minetd {

/// A stack and what the child on it works from. Shared with the child without any lock: the maker
/// writes before the start, the child afterwards, the maker reads again once `tid` is 0.
struct LaunchSlot {
    std::atomic<std::int32_t> tid{0};  ///< not 0: a child is in here
    std::uint32_t serial = 0;
    pid_t pid = 0;
    std::shared_ptr<const LaunchPlan> plan;
    int socket = -1;  ///< becomes descriptors 0, 1 and 2
    SocketAddress peer, local;
    bool local_known = false;  ///< else the child asks the kernel

    /// Runs first in the child; false ends it. May set socket and peer (prefork: waits for them).
    bool (*before)(LaunchSlot&) noexcept = nullptr;
    void* context = nullptr;
    bool pinned = false;        ///< stays readable until outcome() is asked
    std::int64_t began_us = 0;  ///< when the session began; written by whoever accepted

    int error = 0;  ///< why the start failed
    LaunchStep step = LaunchStep::none;

    Birthplace* birthplace = nullptr;  ///< the cgroup that the child begins in; null: ours

    std::vector<char*> env;
    char env_text[1536];
    char* stack = nullptr;
};

class Launcher {
  public:
    Launcher() = default;
    ~Launcher();
    Launcher(const Launcher&) = delete;
    Launcher& operator=(const Launcher&) = delete;

    /// Names one start until its child has been reaped.
    struct Ticket {
        LaunchSlot* slot = nullptr;
        std::uint32_t serial = 0;
    };
    struct Started {
        pid_t pid = -1;  ///< -1: no child could be made, and `error` says why
        int error = 0;
        Ticket ticket;
    };

    /// A slot to fill in for start(); null when no more stacks can be had.
    LaunchSlot* prepare(std::shared_ptr<const LaunchPlan> plan) noexcept;
    /// Makes the child. The caller may close its copy of the socket at once.
    Started start(LaunchSlot& slot) noexcept;

    struct Failure {
        int error = 0;  ///< 0: the program was started
        LaunchStep step = LaunchStep::none;
    };
    /// What is known of it by now; outcome() will still tell it.
    Failure look(const Ticket& ticket) noexcept;
    /// Waits until no child is on our memory any more, or so long; false: some still are.
    bool settle(Milliseconds patience) noexcept;
    /// After the child of this ticket was reaped.
    Failure outcome(const Ticket& ticket) noexcept;

  private:
    void collect() noexcept;
    void retire(LaunchSlot& slot) noexcept;
    LaunchSlot* grow() noexcept;

    std::deque<LaunchSlot> slots_;  // stable addresses: children live in them
    std::vector<LaunchSlot*> free_, in_flight_;
    std::map<std::uint32_t, Failure> failures_;  // of slots that were taken back before the reaping
    std::uint32_t serial_ = 0;
};

/// "cannot execute /usr/sbin/in.fingerd: No such file or directory".
std::string describe(const Launcher::Failure& failure, const LaunchPlan& plan);

/// The child's side (launch_child.cc): never returns.
int launch_child(void* slot) noexcept;

}  // namespace minetd
