// SPDX-License-Identifier: ISC
// `overflow = refuse` on a pool: while all servers are busy and no further one is allowed, whoever
// comes is accepted and let go, with a record, instead of waiting in the kernel's queue.
#pragma once

#include <memory>
#include <vector>

#include "daemon/os/event_loop.h"
#include "mpm/control.h"
#include "mpm/dispatcher.h"
#include "mpm/scoreboard.h"

namespace minetd {

class PoolRefusal {
  public:
    /// All are borrowed. Does nothing where the service queues, as it does unless told otherwise.
    PoolRefusal(const ServiceSpec& spec, const std::vector<ListeningSocket>& sockets,
                const Admission* admission, EventLoop& loop, const Scoreboard& board,
                Reporter& reporter);

    /// The service asks for refusals at all.
    bool wanted() const noexcept { return !watches_.empty(); }
    void set_refusing(bool refusing) noexcept;

  private:
    void refuse_from(const ListeningSocket& socket) noexcept;

    const Admission* admission_;
    const Scoreboard& board_;
    Reporter& reporter_;
    std::vector<std::unique_ptr<FdEvent>> watches_;
};

}  // namespace minetd
