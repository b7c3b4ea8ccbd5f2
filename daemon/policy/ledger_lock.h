// SPDX-License-Identifier: ISC
// The holder's pid is the lock: whoever reaps that process can tell, and break it.
#pragma once

#include "daemon/policy/ledger_shared.h"

namespace minetd {

class Ledger::Lock {
  public:
    enum class Wait : std::uint8_t { endless, bounded };
    /// As a type of its own: two numbers are too easily taken for each other.
    struct Dead {
        pid_t pid;
    };

    Lock(Ledger& ledger, pid_t who, Wait wait) noexcept;
    Lock(Ledger& ledger, pid_t who) noexcept
        : Lock(ledger, who, ledger.patient_ ? Wait::endless : Wait::bounded) {}
    /// Takes the lock over from a process that is known to be dead, if it held it.
    Lock(Ledger& ledger, pid_t who, Dead holder) noexcept;
    ~Lock() {
        if (held_) shared_.owner.store(0, std::memory_order_release);
    }
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;
    explicit operator bool() const noexcept { return held_; }

  private:
    /// At most so many attempts; 0: as many as it takes.
    bool take(Ledger& ledger, std::uint32_t mine, unsigned most) noexcept;
    bool take_over(Ledger& ledger, std::uint32_t mine, Dead holder) noexcept;

    Shared& shared_;
    bool held_ = false;
};

}  // namespace minetd
