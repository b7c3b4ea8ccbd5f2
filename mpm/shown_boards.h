// SPDX-License-Identifier: ISC
// The scoreboards of all services, in a process that shows them: mapped for reading, as its parent
// tells of them.
#pragma once

#include <memory>
#include <mutex>

#include "mpm/board_set.h"
#include "services/status/snapshot.h"

namespace minetd {

class ShownBoards final : public status::Source {
  public:
    ShownBoards();

    /// What the parent says of boards. A board that cannot be mapped is shown as one of nobody.
    void hear(const ControlMessage& message, UniqueFd attached) noexcept;
    /// All boards that there were when this process began are known.
    bool complete() const noexcept;
    /// For any thread; costs what the boards are large.
    status::Snapshot snapshot() const override;

  private:
    struct Shown {
        BoardCard card;
        std::string service;
        std::unique_ptr<Scoreboard> board;  ///< null: nothing was counted yet
    };

    std::string host_;
    std::time_t built_ = 0;
    mutable std::mutex lock_;
    std::int64_t began_ = 0;
    std::uint32_t configuration_ = 0;
    std::map<std::uint32_t, Shown> boards_;
    std::map<std::string, UsageFiles, std::less<>> usages_;  ///< by the service's key
};

}  // namespace minetd
