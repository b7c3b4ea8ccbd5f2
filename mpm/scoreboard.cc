// SPDX-License-Identifier: ISC
#include "mpm/scoreboard.h"

#include <sys/mman.h>

#include <cassert>

#include "daemon/os/raw_syscall.h"
#include "daemon/os/system_error.h"

namespace minetd {

/// One cache line a server.
struct alignas(64) Scoreboard::Shared {
    struct alignas(64) Slot {
        std::atomic<ServerState> state;
        std::atomic<std::uint32_t> connections;
    };

    std::atomic<int> idle;
    std::atomic<int> alarm_at;
    std::atomic<int> alarmed;
    int event_fd;

    Slot* slots() noexcept { return reinterpret_cast<Slot*>(this + 1); }
};

Scoreboard::Scoreboard(unsigned slots)
    : slots_(slots), size_(sizeof(Shared) + slots * sizeof(Shared::Slot)) {
    static_assert(std::atomic<ServerState>::is_always_lock_free);
    void* memory =
        ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw_errno("scoreboard");
    shared_ = static_cast<Shared*>(memory);
    shared_->event_fd = -1;
}

Scoreboard::~Scoreboard() {
    ::munmap(shared_, size_);
}

void Scoreboard::reset(unsigned slot) noexcept {
    assert(slot < slots_);
    shared().slots()[slot].state.store(ServerState::starting, std::memory_order_relaxed);
    shared().slots()[slot].connections.store(0, std::memory_order_relaxed);
}

ServerState Scoreboard::state(unsigned slot) const noexcept {
    return shared().slots()[slot].state.load(std::memory_order_relaxed);
}

std::uint32_t Scoreboard::connections(unsigned slot) const noexcept {
    return shared().slots()[slot].connections.load(std::memory_order_relaxed);
}

void Scoreboard::set_alarm(int idle_servers, int event_fd) noexcept {
    shared().alarm_at.store(idle_servers, std::memory_order_relaxed);
    shared().event_fd = event_fd;
}

int Scoreboard::idle_count() const noexcept {
    return shared().idle.load(std::memory_order_relaxed);
}

void Scoreboard::correct_idle(int before, int counted) noexcept {
    if (before != counted)
        shared().idle.compare_exchange_strong(before, counted, std::memory_order_relaxed);
}

void Scoreboard::clear_alarm() noexcept {
    shared().alarmed.store(0, std::memory_order_release);
}

void Scoreboard::idle(unsigned slot) noexcept {
    shared().slots()[slot].state.store(ServerState::idle, std::memory_order_release);
    shared().idle.fetch_add(1, std::memory_order_relaxed);
}

void Scoreboard::busy(unsigned slot, bool always) noexcept {
    Shared& all = shared();
    all.slots()[slot].state.store(ServerState::busy, std::memory_order_release);
    all.slots()[slot].connections.fetch_add(1, std::memory_order_relaxed);
    const int left = all.idle.fetch_sub(1, std::memory_order_relaxed) - 1;
    if (always || left < all.alarm_at.load(std::memory_order_relaxed)) wake();
}

void Scoreboard::wake() noexcept {
    Shared& all = shared();
    if (all.alarmed.exchange(1, std::memory_order_acq_rel) != 0) return;
    const std::uint64_t one = 1;
    raw::syscall(SYS_write, all.event_fd, &one, sizeof one);
}

}  // namespace minetd
