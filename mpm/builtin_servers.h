// SPDX-License-Identifier: ISC
// The servers of a builtin's pool: processes forked from the keeper, each with a control pair of
// its own, running the serve loop that the fourth word names.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "mpm/board_set.h"
#include "mpm/pool.h"
#include "mpm/server_seat.h"

namespace minetd {

class BuiltinServers : public ServerKind {
  public:
    using ServeLoop = int (*)(ServerSeat);

    BuiltinServers(Pool& pool, const Assignment& job, ServeLoop serve);

    pid_t start(unsigned slot) noexcept override;
    bool can_choose() const noexcept override { return true; }
    void retire(unsigned slot) noexcept override;
    void drain() noexcept override;
    void attend() noexcept override;
    Ending ended(unsigned slot, const Exit& exit) noexcept override;
    void answer(const ControlMessage& message) noexcept override;
    void hear_board(const ControlMessage& message, UniqueFd attached) noexcept override;

  private:
    struct Link {
        Channel channel;
        std::unique_ptr<FdEvent> event;
        bool ready = false;
        bool leaving = false, told_to_leave = false;
        BoardFeed feed;
    };
    void listen(unsigned slot, int most = messages_a_turn) noexcept;
    void hear(unsigned slot, ControlMessage& message, int attached) noexcept;
    void tell_boards() noexcept;
    void ask_to_pass(unsigned slot, ControlMessage& message, int connection) noexcept;

    Pool& pool_;
    const Assignment& job_;
    ServeLoop serve_;
    std::optional<ReplyBudget> budget_;  ///< of datagram services
    std::vector<Link> links_;
    std::string why_none_starts_;  ///< said already; servers that fail together have one reason
    BoardSet boards_;              ///< of all services, where the servers show them
    Timer tell_;
    /// A pass that was asked of the parent: by which server, under which number of its own.
    struct Asked {
        unsigned slot;
        pid_t pid;
        std::uint32_t number;
    };
    std::uint32_t last_asked_ = 0;
    std::unordered_map<std::uint32_t, Asked> asked_;
};

}  // namespace minetd
