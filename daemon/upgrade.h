// SPDX-License-Identifier: ISC
// The change of the daemon's binary in place (SIGUSR2): the new one is started beside this image
// first and has to say that it reads the configuration and can take over; then this process becomes
// it, by execve(2), with every descriptor that the handover names. Whatever goes wrong before that
// changes nothing here.
#pragma once

#include <sys/stat.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/handover.h"
#include "daemon/invocation.h"
#include "daemon/os/event_loop.h"
#include "mpm/dispatcher.h"

namespace minetd {

/// What the new image prints when it can take over.
inline constexpr char can_take_over[] = "minetd can take over";

class Upgrade : private ChildOwner {
  public:
    /// `checked` is called once for each check(), from the loop: with what is wrong, or nothing.
    using Checked = std::function<void(const std::string& problem)>;
    Upgrade(Runtime& runtime, const Invocation& invocation, Checked checked);
    /// Ends a check that runs.
    ~Upgrade() override;
    Upgrade(const Upgrade&) = delete;
    Upgrade& operator=(const Upgrade&) = delete;

    bool checking() const noexcept { return pid_ != 0 || tell_.pending(); }
    /// Asks the binary that is in its place now about this state; it has so long to answer.
    void check(Handover state, Milliseconds patience) noexcept;
    /// Ends a check without an answer.
    void cancel() noexcept;

    /// Does not return, unless it fails: then with the reason, and nothing has changed.
    std::string become_it(Handover state) noexcept;

    const std::string& program() const noexcept { return invocation_.program; }

  private:
    void begin_check(Handover& state);
    void on_output() noexcept;
    void on_exit(const Exit& exit) noexcept override;
    std::string verdict(const Exit& exit) const;

    Runtime& runtime_;
    const Invocation& invocation_;
    Checked checked_;
    struct stat binary_ {};  ///< what was checked
    pid_t pid_ = 0;
    UniqueFd output_fd_;
    std::unique_ptr<FdEvent> output_event_;
    std::string output_;  ///< bounded
    Timer deadline_;
    std::string problem_;  ///< what is to be told
    Timer tell_;           ///< whoever reaps may be in the middle of a change
    Milliseconds patience_ = 0;
    bool late_ = false;
};

}  // namespace minetd
