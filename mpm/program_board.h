// SPDX-License-Identifier: ISC
// What a service does whose connections each get a program of their own, counted by the root
// process. As long as nobody looks, the counts are all there is.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "mpm/board_registry.h"

namespace minetd {

class ProgramBoard : private BoardRegistry::Owner {
  public:
    /// Whoever starts the programs: knows of all that run.
    class Starter {
      public:
        virtual ~Starter() = default;
        /// Calls show_session() for each of them.
        virtual void show_sessions(ProgramBoard& board) noexcept = 0;
    };
    ProgramBoard(BoardRegistry& registry, std::shared_ptr<const ServiceSpec> spec,
                 Starter& starter);
    ~ProgramBoard() override;
    ProgramBoard(const ProgramBoard&) = delete;
    ProgramBoard& operator=(const ProgramBoard&) = delete;

    /// A reload changed the service.
    void adopt(std::shared_ptr<const ServiceSpec> spec) noexcept;
    /// Since the daemon began.
    Scoreboard::Totals totals() const noexcept { return board_ ? board_->totals() : totals_; }
    /// Goes on from what a former image counted; `running` programs of its are still there.
    void take_over(const Scoreboard::Totals& totals, unsigned running) noexcept;
    void note_accepted(pid_t pid, const SocketAddress& peer) noexcept;
    void note_refused() noexcept;
    void note_ended(pid_t pid) noexcept;
    /// A program that runs since `began` (monotonic microseconds).
    void show_session(pid_t pid, const SocketAddress& peer, std::int64_t began_us) noexcept;

  private:
    void show_board() noexcept override;
    void count_hidden(std::map<std::string, Scoreboard::Totals>& sums) const override;
    void hide() noexcept;
    void note_running() noexcept;

    BoardRegistry& registry_;
    std::shared_ptr<const ServiceSpec> spec_;
    Starter& starter_;
    Scoreboard::Totals totals_;  ///< since the board began, or before there was one
    unsigned running_ = 0;
    std::uint32_t number_ = 0;
    std::unique_ptr<Scoreboard> board_;
    std::unordered_map<pid_t, unsigned> places_;  ///< on the board; 0 is that of the counts
    std::vector<unsigned> free_;                  ///< places
};

}  // namespace minetd
