// SPDX-License-Identifier: ISC
// What the sensors tell, and whom no service serves because of it. Their processes are not trusted
// with more than to name a peer: whether he is denied, and for how long, is what the root process
// was configured to do.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>

#include "daemon/os/log_sink.h"
#include "daemon/policy/deny_list.h"
#include "mpm/record.h"

namespace minetd {

class Sensors {
  public:
    using Write = std::function<void(const ServiceSpec&, const Record&)>;
    using Say = std::function<void(Level, const std::string&)>;
    Sensors(Write record, Say log) : record_(std::move(record)), log_(std::move(log)) {}

    /// From the first of these services on that is a sensor with a deny_time, there is a list of
    /// denied peers; it lasts as long as the daemon.
    void prepare(std::span<const std::shared_ptr<const ServiceSpec>> services);
    /// The list of a former image goes on. Throws std::exception.
    void take_over(UniqueFd memory);
    /// The list's memory, borrowed; -1: there is none.
    int list_fd() const noexcept { return list_ ? list_->fd() : -1; }
    /// Null where nobody can be on the list.
    const std::shared_ptr<DeniedPeers>& denied() const noexcept { return denied_; }

    /// Who is denied.
    std::vector<DenyList::Denial> denials(Milliseconds now) const {
        return list_ ? list_->denials(now) : std::vector<DenyList::Denial>();
    }
    /// Those of a former life; where there is no list, nobody.
    void recall(const std::vector<DenyList::Denial>& denials, Milliseconds now) noexcept;
    /// How often somebody was denied, or for longer.
    std::uint64_t changes() const noexcept { return changes_; }

    /// A process of service `sensor` says that `peer` came.
    void touched(const ServiceSpec& sensor, const SocketAddress& peer) noexcept;

  private:
    void deny(const ServiceSpec& sensor, const SocketAddress& peer) noexcept;

    Write record_;
    Say log_;
    std::unique_ptr<DenyList> list_;
    std::shared_ptr<DeniedPeers> denied_;
    bool told_full_ = false;
    std::uint64_t changes_ = 0;
};

}  // namespace minetd
