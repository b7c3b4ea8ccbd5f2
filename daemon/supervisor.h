// SPDX-License-Identifier: ISC
// `minetd --supervise`: what a service manager does for a daemon that crashes, where there is none.
// It keeps the descriptors that the daemon has it keep, starts the daemon again with them, and is
// otherwise whom signals are sent to. It reads no configuration and opens no socket to the world.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "daemon/command_line.h"
#include "daemon/descriptor_store.h"
#include "daemon/invocation.h"
#include "daemon/log.h"
#include "daemon/os/event_loop.h"
#include "daemon/os/notify_socket.h"
#include "daemon/os/signals.h"
#include "daemon/watchdog.h"

namespace minetd {

class Supervisor {
  public:
    using Ready = std::function<void()>;
    /// `ready` is called once, when the daemon serves for the first time; from then on it may be
    /// silent for `watchdog`, 0: for ever. take_over_signals() comes first. Throws
    /// std::system_error.
    Supervisor(const Invocation& invocation, const LogTarget& log, Milliseconds watchdog,
               Ready ready);
    /// Until the daemon has ended for good; the exit status.
    int run();

  private:
    /// Who waits for the result of a signal, and gets it from us.
    struct Asker {
        pid_t pid;
        int signal;
    };

    void start() noexcept;
    void take_messages(int most) noexcept;
    void handle(const NotifySocket::Message& message, std::vector<UniqueFd>& with);
    void on_child() noexcept;
    void on_exit(int status) noexcept;
    void on_signal(int signal, pid_t sender, int value);
    void on_request(int signal, pid_t sender);
    void on_answer(int value);
    void ask_first() noexcept;
    void end_hung(int signal) noexcept;
    void forward(int signal) noexcept;
    void try_again(const std::string& what) noexcept;
    void finish(int status) noexcept;

    Invocation invocation_;
    EventLoop loop_;
    Log log_;
    Ready on_ready_;
    DescriptorStore store_;
    NotifySocket notify_;
    FdEvent notify_event_;
    SignalEvents signals_;
    ChildSignal child_signal_;
    Timer again_;
    Watchdog watchdog_;
    std::vector<Asker> askers_;  ///< the first is being answered

    pid_t child_ = 0;  ///< 0: none runs
    bool first_ = true, ready_ = false, stopping_ = false, told_full_ = false;
    std::int64_t ready_us_ = 0;
    unsigned failures_ = 0;
    int result_ = 0;
    std::string pid_file_;  ///< the daemon's, which names us; empty: it has none
};

/// Serves under a supervisor, which is this process, or one in the background. Throws
/// std::exception.
int supervise(const CommandLine& line, const Invocation& invocation);

}  // namespace minetd
