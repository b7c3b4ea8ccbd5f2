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
#include "daemon/policy/banners.h"
#include "daemon/policy/deny_list.h"
#include "daemon/policy/inquiry.h"
#include "daemon/policy/ledger.h"
#include "daemon/policy/local_time.h"

namespace minetd {

/// Whoever asks to be served.
struct Visitor {
    const SocketAddress& peer;           ///< length 0: unknown, as behind a stream `wait` service
    std::optional<std::uint32_t> uid{};  ///< of a local peer
    Answers answers{};                   ///< to questions()
    ProgramCount programs{};             ///< where one is to be started
};

class Admission {
  public:
    /// `ledger` may be null where no limit counts anything, `denied` where no sensor has anybody
    /// refused, `inquiry` where nobody has to be asked. Throws std::bad_alloc.
    Admission(const ServiceSpec& spec, std::shared_ptr<Ledger> ledger,
              std::shared_ptr<DeniedPeers> denied = nullptr,
              std::shared_ptr<const Inquiry> inquiry = nullptr, Banners banners = {});

    /// Somebody could be refused, were there no sensors, or told something.
    static bool needed(const ServiceSpec& spec) noexcept;

    /// Appends the descriptors that a forked child must keep for remap().
    void keep(std::vector<int>& descriptors) const;
    /// In a forked child that accepts for the service. Throws std::system_error.
    void remap();

    /// What must be asked about this peer before admit(), or it is refused (Inquire bits); 0:
    /// nothing, as where it is refused in any case. Raw system calls only.
    unsigned questions(const SocketAddress& peer) const noexcept;
    /// Where to ask; null where that is never needed.
    const Inquiry* inquiry() const noexcept { return inquiry_.get(); }
    /// Some peer may have to wait for an answer, but none longer than patience().
    bool may_inquire() const noexcept { return inquiry_ && may_inquire_; }
    Milliseconds patience() const noexcept { return patience_; }
    /// Who an admitted or refused peer is goes into the record, and nobody has asked yet.
    bool records_userid(bool admitted) const noexcept {
        return admitted ? userid_on_success_ : userid_on_failure_;
    }
    /// What is asked for the record too.
    bool records_ident() const noexcept { return records_ident_; }
    const Banners& banners() const noexcept { return banners_; }

    /// The guard that refuses, or null: the session is counted for process `who`, under `claim`.
    /// Raw system calls only, no allocation, no lock of the C library: a child on borrowed memory
    /// may use it, and so may any thread.
    const Guard* admit(const Visitor& visitor, Milliseconds now, pid_t who,
                       Claim& claim) const noexcept;
    /// The guard that refuses what else this peer sends in a session that was admitted: of who it
    /// is and of the time, not of load and counts. As admit() otherwise.
    const Guard* readmit(const Visitor& visitor, Milliseconds now) const noexcept;
    void release(Claim claim, pid_t who) const noexcept {
        if (ledger_ && claim != 0) ledger_->release(claim, who);
    }

    /// The connection that this guard refused waits instead (`overflow = queue`).
    bool waits(const Guard& guard) const noexcept { return guard.waits && limits_.queues(); }
    /// More than `instances` wait in the backlog, and there are so many now.
    bool full() const noexcept {
        return counts_ && limits_.queues() && limits_.instances && running() >= *limits_.instances;
    }
    /// Sessions that are counted now, whoever serves them.
    unsigned running() const noexcept { return ledger_ ? ledger_->running() : 0; }

    bool knows_denials() const noexcept { return denied_ != nullptr; }

    // -- of the parent of those who accept; see Ledger
    bool release_all(pid_t who) const noexcept { return !ledger_ || ledger_->release_all(who); }
    bool settle() const noexcept { return !ledger_ || ledger_->settle(); }

  private:
    Facts facts_about(const SocketAddress& peer, Milliseconds now) const noexcept;
    Facts facts_about(const Visitor& visitor, Milliseconds now) const noexcept;

    Limits limits_;
    AccessTable access_;
    std::shared_ptr<const Inquiry> inquiry_;
    Banners banners_;
    Milliseconds patience_;
    unsigned always_asked_;  ///< Inquire bits
    bool may_inquire_, records_ident_, userid_on_success_, userid_on_failure_;
    std::optional<LocalTime> local_time_;  ///< where the time of the day matters
    std::shared_ptr<Ledger> ledger_;
    std::shared_ptr<DeniedPeers> denied_;
    bool counts_;
};

}  // namespace minetd
