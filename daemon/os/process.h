// SPDX-License-Identifier: ISC
// Processes of our own: forked, never returning, holding only the descriptors they were given.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/os/channel.h"

namespace minetd {

/// One ended child.
struct Exit {
    pid_t pid = 0;
    int status = 0;  ///< as wait(2) tells it
    rusage usage{};
};

/// Takes one ended child off the kernel's list; pid 0 when there is none. This process is the only
/// one that reaps its children, and does so on one thread: until then a pid cannot be another's.
Exit reap() noexcept;

/// The child that is to be reaped next; until then its pid is its own. 0 when there is none.
pid_t ended_child() noexcept;
/// Takes this one ended child off the list.
Exit reap(pid_t child) noexcept;

/// Forks a process that runs `body` and ends with what it returns; an exception ends it with
/// EX_SOFTWARE. The child keeps descriptors 0 to 2 and those in `keep`, and no others. Returns the
/// pid, or -1 with errno set.
pid_t fork_process(const char* title, std::span<const int> keep,
                   const std::function<int()>& body) noexcept;

/// A process of ours, and our end of the channel to it.
struct ForkedChild {
    pid_t pid = 0;
    Channel channel;
};

/// fork_process() of one that has a channel to its parent beside `keep`; `body` is given its end.
/// Throws std::system_error.
ForkedChild fork_with_channel(const std::string& title, std::vector<int> keep,
                              const std::function<int(Channel& parent)>& body);

/// "was killed by signal 9", "ended with status 1": what wait(2) tells, for the log.
std::string end_text(int status);

/// Descriptors 0, 1 and 2 are open, if only on /dev/null: what is opened later never lands there.
void ensure_standard_descriptors();  ///< throws std::system_error

/// Whether this process may give a child such a limit, soft and hard.
bool may_limit(int resource, rlim_t value);
/// The most that it may give.
rlim_t most_it_may_give(int resource);

/// Raises the soft limit of open files to the hard one, for this process.
void raise_open_files() noexcept;
/// The limit from before, when it was another: what programs are to be started with.
std::optional<rlimit> lowered_open_files() noexcept;

/// The same, where a former image of this process has raised it.
void note_lowered_open_files(const rlimit& before) noexcept;

/// A terminal whose user could be reached through /dev/tty.
bool has_controlling_terminal() noexcept;

/// It began before this process did, whatever image that runs by now, or in the same clock tick and
/// is no child of it: it may be of an earlier start. False once it is gone. Fields `starttime` and
/// `ppid` of proc(5).
bool began_before_us(pid_t pid) noexcept;

/// Orphaned descendants become children of this process, so that their ends are seen.
void become_subreaper() noexcept;

}  // namespace minetd
