// SPDX-License-Identifier: ISC
// `wait`: the program takes the socket itself, and minetd takes it back when the program ends.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "mpm/dispatcher.h"
#include "mpm/program_board.h"

namespace minetd {

/// One program at a time for each of the service's sockets.
class Wait : public Dispatcher, private ProgramBoard::Starter {
  public:
    /// `on_end` hears of the end of each program.
    Wait(Runtime& runtime, Assignment assignment, std::function<void()> on_end = {});
    ~Wait() override;

    void serve(std::vector<ListeningSocket> sockets) override;
    void stop_accepting() noexcept override;
    unsigned sessions() const noexcept override;
    void signal_sessions(int signal) noexcept override;
    void adopt(Assignment assignment, bool new_servers) override;
    HandedDispatcher hand_over() noexcept override;
    void take_over(HandedDispatcher& handed, const std::vector<ListeningSocket>& sockets) override;

  private:
    class Door;

    void show_sessions(ProgramBoard& board) noexcept override;

    Runtime& runtime_;
    Assignment job_;
    ProgramBoard board_;
    std::function<void()> on_end_;
    /// A door stays until its program has ended, even when the socket is not ours to watch any
    /// more.
    std::vector<std::unique_ptr<Door>> doors_;
};

}  // namespace minetd
