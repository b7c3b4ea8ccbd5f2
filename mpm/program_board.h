// SPDX-License-Identifier: ISC
// What a service does whose connections each get a program of their own, counted by the root
// process. As long as nobody looks, the counts are all there is.
#pragma once

#include <memory>

#include "mpm/board_registry.h"

namespace minetd {

class ProgramBoard : private BoardRegistry::Owner {
  public:
    ProgramBoard(BoardRegistry& registry, std::shared_ptr<const ServiceSpec> spec);
    ~ProgramBoard() override;
    ProgramBoard(const ProgramBoard&) = delete;
    ProgramBoard& operator=(const ProgramBoard&) = delete;

    /// A reload changed the service.
    void adopt(std::shared_ptr<const ServiceSpec> spec) noexcept;
    void note_accepted() noexcept;
    void note_refused() noexcept;
    void note_ended() noexcept;

  private:
    void show_board() noexcept override;
    void hide() noexcept;
    void note_running() noexcept;

    BoardRegistry& registry_;
    std::shared_ptr<const ServiceSpec> spec_;
    Scoreboard::Totals totals_;  ///< since the board began, or before there was one
    unsigned running_ = 0;
    std::uint32_t number_ = 0;
    std::unique_ptr<Scoreboard> board_;
};

}  // namespace minetd
