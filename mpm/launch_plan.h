// SPDX-License-Identifier: ISC
// Everything that starting a service's program needs, worked out when the configuration is read:
// ids, argv, environment, limits. What is left for the child is a row of system calls.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "daemon/config/service_spec.h"
#include "daemon/os/identity.h"
#include "daemon/os/unique_fd.h"
#include "mpm/sandbox.h"

namespace minetd {

/// Constant once made; a start keeps it alive until the child has left this memory.
struct LaunchPlan {
    std::string service;
    std::string path;
    std::string protocol;  ///< UCSPI's prefix: TCP, UDP, IPC
    Identity identity;
    std::shared_ptr<const Sandbox> sandbox;  ///< null: it is kept from nothing
    /// The process that starts children is the service's own: it has the identity already, and is
    /// in the sandbox as far as that goes before a program is.
    bool identity_assumed = false;
    std::string chdir;
    std::optional<mode_t> umask;
    int nice = 0;
    bool session = false;                ///< lead a session; else a process group
    std::vector<ResourceLimit> rlimits;  ///< without that of open files
    StderrTarget::Kind stderr_kind = StderrTarget::Kind::socket;
    std::string stderr_path;
    int stderr_fd = -1;  ///< for Kind::log: the write end of the service's log pipe; borrowed
    /// /dev/null, open for a program that is in a sandbox which may not have it; else none.
    UniqueFd null;
    /// Of the service; else, where minetd raised its own limit, what that was. Set last: until then
    /// the child has as many descriptors as its maker.
    std::optional<rlimit> open_files;
    /// Not empty: the program is resident and gets these as 3, 4, … with LISTEN_PID. Borrowed, and
    /// numbered above the places that they go to.
    std::vector<int> listening;
    std::string credentials;  ///< the directory of the service's own; empty: it has none
    bool watchdog = false;    ///< it is to find its pid in WATCHDOG_PID

    std::vector<char*> argv;  ///< ends with a null pointer
    std::vector<char*> env;   ///< the part that is equal for all sessions; no null pointer

    LaunchPlan() = default;
    LaunchPlan(const LaunchPlan&) = delete;
    LaunchPlan& operator=(const LaunchPlan&) = delete;

    /// Adds `NAME=value` for all sessions, before the plan is first used.
    void add_variable(const std::string& name, const std::string& value);

  private:
    friend std::shared_ptr<LaunchPlan> make_launch_plan(const ServiceSpec&, int, const std::string&,
                                                        std::shared_ptr<const Sandbox>);
    std::vector<std::string> argv_text_, env_text_;              // what argv and env point into
    std::deque<std::string> added_text_;                         // the same
    std::shared_ptr<const std::vector<std::string>> inherited_;  // and the part all services share
};

/// Throws std::runtime_error naming an unknown user or group. `log_pipe` is borrowed.
std::shared_ptr<LaunchPlan> make_launch_plan(const ServiceSpec& spec, int log_pipe = -1,
                                             const std::string& credentials = {},
                                             std::shared_ptr<const Sandbox> sandbox = nullptr);

/// Names that describe a session: never inherited, set only when known.
bool is_session_variable(std::string_view name) noexcept;
/// Names that the service manager gave to minetd alone.
bool is_daemon_variable(std::string_view name) noexcept;

}  // namespace minetd
