// SPDX-License-Identifier: ISC
// Refusals by servers that cannot send a message: they run on their keeper's memory and leave a
// note there. The box is small; what does not fit is counted.
#pragma once

#include <atomic>
#include <cstdint>

#include "daemon/os/raw_syscall.h"
#include "daemon/os/socket_address.h"
#include "daemon/policy/guards.h"

namespace minetd {

class RefusalBox {
  public:
    struct Note {
        const Guard* guard = nullptr;
        SocketAddress peer;
        std::uint64_t repeated = 0;  ///< so many more of the same guard did not fit
    };

    /// A server's: raw system calls only.
    void put(const Guard* guard, const SocketAddress& peer) noexcept {
        while (busy_.exchange(true, std::memory_order_acquire)) raw::syscall(SYS_sched_yield);
        if (count_ < size) {
            notes_[count_].guard = guard;
            notes_[count_].peer = peer;
            notes_[count_++].repeated = 0;
        } else {
            Note& last = notes_[size - 1];
            last.guard = guard;
            last.peer = peer;
            ++last.repeated;
        }
        busy_.store(false, std::memory_order_release);
    }

    /// The keeper's: calls `take(note)` for each. A server that was killed in put() must not hang
    /// it.
    template <class Take>
    void empty(Take&& take) noexcept {
        for (unsigned attempt = 0; busy_.exchange(true, std::memory_order_acquire); ++attempt) {
            if (attempt > 10'000) break;
            raw::syscall(SYS_sched_yield);
        }
        const unsigned count = count_;
        for (unsigned i = 0; i < count; ++i) take(notes_[i]);
        count_ = 0;
        busy_.store(false, std::memory_order_release);
    }

  private:
    static constexpr unsigned size = 16;
    std::atomic<bool> busy_{false};
    unsigned count_ = 0;
    Note notes_[size];
};

}  // namespace minetd
