// SPDX-License-Identifier: ISC
// The servers of a builtin's pool: processes forked from the keeper, each with a control pair of
// its own, running the serve loop that the fourth word names.
#pragma once

#include <memory>
#include <vector>

#include "mpm/pool.h"
#include "mpm/server_seat.h"

namespace minetd {

class BuiltinServers : public ServerKind {
  public:
    using ServeLoop = int (*)(ServerSeat);

    BuiltinServers(Pool& pool, const Assignment& job, std::vector<ListeningSocket> sockets,
                   ServeLoop serve);

    pid_t start(unsigned slot) noexcept override;
    bool retire(unsigned slot) noexcept override;
    void drain() noexcept override;
    bool ended(unsigned slot, const Exit& exit) noexcept override;
    void answer(const ControlMessage& message) noexcept override;

  private:
    struct Link {
        Channel channel;
        std::unique_ptr<FdEvent> event;
    };
    void on_message(unsigned slot) noexcept;

    Pool& pool_;
    const Assignment& job_;
    std::vector<ListeningSocket> sockets_;
    ServeLoop serve_;
    std::vector<Link> links_;
};

}  // namespace minetd
