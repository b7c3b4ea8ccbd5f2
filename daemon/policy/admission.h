// SPDX-License-Identifier: ISC
// May this peer be served now? All that a service admits by, made at load, for whichever process
// accepts: its rules, constant, and the ledger of its sessions, whose counts outlive them. The
// answer is the guard that refuses (guards.cc has their order), or null: admitted, and counted.
// Where nothing could ever be refused there is no Admission.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "daemon/policy/access_table.h"
#include "daemon/policy/deny_list.h"
#include "daemon/policy/ledger.h"
#include "daemon/policy/local_time.h"

namespace minetd {

/// Whoever asks to be served.
struct Visitor {
    const SocketAddress& peer;           ///< length 0: unknown, as behind a stream `wait` service
    std::optional<std::uint32_t> uid{};  ///< of a local peer
    /// What became of a question about the peer's name, where verdict() is unknown.
    Verdict by_name = Verdict::unknown;
};

class Admission {
  public:
    /// `ledger` may be null where no limit counts anything, `denied` where no sensor has anybody
    /// refused. Throws std::bad_alloc.
    Admission(const ServiceSpec& spec, std::shared_ptr<Ledger> ledger,
              std::shared_ptr<DeniedPeers> denied);

    /// Somebody could be refused, were there no sensors.
    static bool needed(const ServiceSpec& spec) noexcept;

    /// Appends the descriptors that a forked child must keep for remap().
    void keep(std::vector<int>& descriptors) const;
    /// In a forked child that accepts for the service. Throws std::system_error.
    void remap();

    /// What the address lists alone say of this peer; where it is unknown, somebody must ask for
    /// its name before admit(), or it is refused.
    Verdict verdict(const SocketAddress& peer) const noexcept { return access_.verdict(peer); }

    /// The guard that refuses, or null: the session is counted for process `who`, under `claim`.
    /// Raw system calls only, no allocation, no lock of the C library: a child on borrowed memory
    /// may use it, and so may any thread.
    const Guard* admit(const Visitor& visitor, Milliseconds now, pid_t who,
                       Claim& claim) const noexcept;
    void release(Claim claim, pid_t who) const noexcept {
        if (ledger_ && claim != 0) ledger_->release(claim, who);
    }

    /// The connection that this guard refused waits instead (`overflow = queue`).
    bool waits(const Guard& guard) const noexcept { return guard.waits && limits_.queues(); }
    /// More than `instances` wait in the backlog, and there are so many now.
    bool full() const noexcept {
        return counts_ && limits_.queues() && limits_.instances &&
               ledger_->running() >= *limits_.instances;
    }

    bool knows_denials() const noexcept { return denied_ != nullptr; }

    // -- of the parent of those who accept; see Ledger
    bool release_all(pid_t who) const noexcept { return !ledger_ || ledger_->release_all(who); }
    bool settle() const noexcept { return !ledger_ || ledger_->settle(); }

  private:
    Limits limits_;
    AccessTable access_;
    std::optional<LocalTime> local_time_;  ///< where the time of the day matters
    std::shared_ptr<Ledger> ledger_;
    std::shared_ptr<DeniedPeers> denied_;
    bool counts_;
};

}  // namespace minetd
