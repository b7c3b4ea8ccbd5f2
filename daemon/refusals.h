// SPDX-License-Identifier: ISC
// Keeps a flood of equal FAIL records out of the log: the first are written, the rest become one
// record with a count.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "daemon/os/event_loop.h"
#include "daemon/policy/refusal_summary.h"
#include "mpm/record.h"

namespace minetd {

class Refusals {
  public:
    using Write = std::function<void(const ServiceSpec&, const Record&)>;
    Refusals(EventLoop& loop, Write write);

    void record(const ServiceSpec& spec, const Record& record);
    /// Everything held back is told now.
    void flush() noexcept;

  private:
    struct Held {
        RefusalSummary summary;
        ServiceSpec spec;
        Record last;
    };
    /// Reasons that are told apart; guards have far fewer.
    static constexpr std::size_t most = 256;

    Held& find(std::string service, std::string reason);
    void on_timer() noexcept;

    Write write_;
    std::map<std::pair<std::string, std::string>, Held> held_;  ///< by service and reason
    Timer timer_;
};

}  // namespace minetd
