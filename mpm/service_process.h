// SPDX-License-Identifier: ISC
// A service that is served by processes of its own: the root process starts one, listens to what it
// reports, and replaces it when it fails. Which kind of process (a pool's keeper, an event-driven
// server) is a function; whether it is started at once or on first use is a flag.
#pragma once

#include <memory>
#include <vector>

#include "mpm/child_process.h"
#include "mpm/control.h"
#include "mpm/dispatcher.h"
#include "mpm/restart.h"

namespace minetd {

/// Runs in the new process, still with its parent's identity; returns the exit status.
using ProcessBody = int (*)(const Assignment& job, std::vector<ListeningSocket> sockets,
                            Channel& control);

class ServiceProcess : public Dispatcher,
                       private ChildOwner,
                       private BoardRegistry::Owner,
                       private BoardRegistry::Reader {
  public:
    enum class Start { at_once, on_first_use };
    ServiceProcess(Runtime& runtime, Assignment assignment, ProcessBody body, Start when);
    ~ServiceProcess() override;

    void serve(std::vector<ListeningSocket> sockets) override;
    void stop_accepting() noexcept override;
    unsigned sessions() const noexcept override { return static_cast<unsigned>(processes_.size()); }
    void signal_sessions(int signal) noexcept override;
    void adopt(Assignment assignment, bool new_servers) override;
    HandedDispatcher hand_over() noexcept override;
    void take_over(HandedDispatcher& handed, const std::vector<ListeningSocket>& sockets) override;

  protected:
    /// None of its processes lives any more.
    virtual void on_last_end() noexcept {}
    /// Says something without an answer to all of its processes.
    void tell(ControlMessage::Kind kind) noexcept;

  private:
    struct Process {
        Process(ServiceProcess& owner, ForkedChild forked)
            : child(owner.runtime_, owner, std::move(forked),
                    [this, &owner] { owner.listen(*this); }) {}
        ChildProcess child;
        std::uint32_t board = 0;          ///< its number in the registry
        std::unique_ptr<BoardFeed> feed;  ///< of all boards, where it shows them
        bool ready = false;
        bool draining = false, told_to_drain = false;
        bool superseded = false;  ///< serves until its successor is ready
    };

    void start() noexcept;
    ForkedChild fork_child(int board_fd);
    void replace(bool overlap) noexcept;
    void drain(Process& process) noexcept;
    void drain_again() noexcept;
    void note_ready(Process& process, bool servers_say_so) noexcept;
    void listen(Process& process, int most = messages_a_turn) noexcept;
    void hear(Process& process, const ControlMessage& message, UniqueFd attached) noexcept;
    void pass(Process& process, const ControlMessage& request, UniqueFd connection) noexcept;
    void on_end(pid_t pid) noexcept override;
    void on_exit(const Exit& exit) noexcept override;
    void settle_claims() noexcept;
    void show_board() noexcept override;
    void boards_changed() noexcept override;
    void read_boards();
    void tell_boards() noexcept;
    void update() noexcept;
    Process* most_able() noexcept;
    bool is_served() const noexcept;

    Runtime& runtime_;
    Assignment job_;
    ProcessBody body_;
    Start when_;
    std::vector<ListeningSocket> sockets_;
    std::vector<std::unique_ptr<FdEvent>> watches_;
    std::vector<std::unique_ptr<Process>> processes_;
    Restart restart_;
    unsigned generation_ = 0;
    Timer settle_, tell_, drain_again_;
    bool accepting_ = false;
    bool reading_ = false;   ///< the service shows all boards
    bool left_out_ = false;  ///< it was said that it cannot show all
};

}  // namespace minetd
