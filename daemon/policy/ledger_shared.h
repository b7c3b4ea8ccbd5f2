// SPDX-License-Identifier: ISC
// What a ledger's memory holds, and in which order it is written: a process that accepts may be
// killed, or lie, between any two writes. For the ledger's own files.
#pragma once

#include <atomic>
#include <cstdint>

#include "daemon/policy/ledger.h"
#include "daemon/policy/token_bucket.h"
#include "daemon/policy/window.h"

namespace minetd {

struct alignas(128) Ledger::SourceEntry {
    Source source;
    std::uint32_t running;
    Milliseconds last_used;
    FullAt rate_full_at;  ///< its token bucket
    Window minute;
};

struct Ledger::Shared {
    static constexpr std::uint32_t claim_capacity = 32768;  // more sessions than descriptors
    static constexpr std::uint32_t source_capacity = 16384;
    static constexpr std::uint32_t no_source = 0;         // else index + 1
    static constexpr std::uint32_t nobody = 0xFFFFFFFFU;  // no pid is as large

    struct ClaimEntry {
        std::atomic<std::uint32_t> owner;   // pid; 0: free; nobody: its owner has ended
        std::atomic<std::uint32_t> source;  // of a free one: the next free claim
    };

    std::atomic<std::uint32_t> owner;
    std::atomic<std::uint32_t> running;
    std::atomic<std::uint32_t> disowned;     // not 0: some claims are nobody's
    std::atomic<std::uint32_t> claims_used;  // ever handed out: [1, claims_used]
    std::atomic<std::uint32_t> free_claim;   // head of the list of given-back claims; 0: none
    Window minute, second;
    std::atomic<Milliseconds> paused_until;
    ClaimEntry claims[claim_capacity + 1];
    SourceEntry sources[source_capacity];

    /// In front of a write that must not be seen, should its process be killed, without those
    /// before.
    static void order_writes() noexcept { std::atomic_signal_fence(std::memory_order_seq_cst); }
};

}  // namespace minetd
