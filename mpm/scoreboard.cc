// SPDX-License-Identifier: ISC
#include "mpm/scoreboard.h"

#include <sys/mman.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cassert>
#include <cstring>

#include "daemon/os/raw_syscall.h"
#include "daemon/os/system_error.h"

namespace minetd {

namespace {

constexpr auto relaxed = std::memory_order_relaxed;

/// An account of all that ever was, added to by one writer at a time.
struct Account {
    std::atomic<std::uint64_t> accesses, requests, bytes;
    std::atomic<std::uint64_t> busy;
    std::atomic<std::uint64_t> refused;

    void add(const Scoreboard::Totals& more) noexcept {
        accesses.fetch_add(more.accesses, relaxed);
        requests.fetch_add(more.requests, relaxed);
        bytes.fetch_add(more.bytes, relaxed);
        busy.fetch_add(more.busy, relaxed);
        refused.fetch_add(more.refused, relaxed);
    }
    void clear() noexcept {
        for (std::atomic<std::uint64_t>* one : {&accesses, &requests, &bytes, &busy, &refused})
            one->store(0, relaxed);
    }
    Scoreboard::Totals read() const noexcept {
        return {accesses.load(relaxed), requests.load(relaxed), bytes.load(relaxed),
                busy.load(relaxed), refused.load(relaxed)};
    }
};

Scoreboard::Totals read(const Scoreboard::ThreadLine& line) noexcept {
    return {line.accesses.load(relaxed), line.requests.load(relaxed), line.bytes.load(relaxed),
            line.busy.load(relaxed), 0};
}

}  // namespace

/// Counters that every server writes have a cache line of their own.
struct alignas(64) Scoreboard::Head {
    alignas(64) std::atomic<int> idle;
    std::atomic<int> alarm_at, alarmed;
    int event_fd;
    alignas(64) Account gone;  ///< of servers that ended
    Account base;
    std::atomic<unsigned> backlog, backlog_peak;
    Flag exhausted;
};

void Scoreboard::Totals::add(const Totals& other) noexcept {
    accesses += other.accesses;
    requests += other.requests;
    bytes += other.bytes;
    busy += other.busy;
    refused += other.refused;
}

std::size_t BoardSize::bytes() const noexcept {
    return sizeof(Scoreboard::Head) +
           servers * (sizeof(Scoreboard::ServerLine) + threads * sizeof(Scoreboard::ThreadLine));
}

Scoreboard::Scoreboard(int fd, BoardSize size, bool writable) : size_(size) {
    static_assert(std::atomic<WorkerState>::is_always_lock_free);
    void* memory = ::mmap(nullptr, size.bytes(), writable ? PROT_READ | PROT_WRITE : PROT_READ,
                          MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED) throw_errno("scoreboard");
    head_ = static_cast<Head*>(memory);
}

Scoreboard::~Scoreboard() {
    ::munmap(static_cast<void*>(head_), size_.bytes());
}

void Scoreboard::keep_private() noexcept {
    ::madvise(static_cast<void*>(head_), size_.bytes(), MADV_DONTFORK);
}

Scoreboard::ServerLine& Scoreboard::server(unsigned server) const noexcept {
    assert(server < size_.servers);
    return reinterpret_cast<ServerLine*>(head_ + 1)[server];
}

Scoreboard::ThreadLine& Scoreboard::thread(unsigned server, unsigned thread) const noexcept {
    assert(server < size_.servers && thread < size_.threads);
    auto* const lines =
        reinterpret_cast<ThreadLine*>(reinterpret_cast<ServerLine*>(head_ + 1) + size_.servers);
    return lines[std::size_t{server} * size_.threads + thread];
}

void Scoreboard::occupy(unsigned server, unsigned workers) noexcept {
    ServerLine& line = this->server(server);
    line.pid.store(0, relaxed);
    line.threads.store(workers, relaxed);
    line.accepting.store(true, relaxed);
    line.retiring.store(false, relaxed);
    line.leaving.store(false, relaxed);
    for (auto* count :
         {&line.connections, &line.waiting, &line.writing, &line.keepalive, &line.closing})
        count->store(0, relaxed);
    line.began.store(monotonic_ms(), relaxed);
    for (unsigned i = 0; i < std::min(workers, size_.threads); ++i)
        thread(server, i).state.store(WorkerState::starting, relaxed);
}

void Scoreboard::vacate(unsigned server) noexcept {
    for (unsigned i = 0; i < size_.threads; ++i) {
        ThreadLine& line = thread(server, i);
        head().gone.add(read(line));
        for (auto* count : {&line.accesses, &line.requests, &line.bytes}) count->store(0, relaxed);
        line.busy.store(0, relaxed);
        for (auto* time : {&line.began, &line.ended}) time->store(0, relaxed);
        line.peer_length = 0;
        line.state.store(WorkerState::dead, relaxed);
    }
    this->server(server).pid.store(0, relaxed);
    this->server(server).threads.store(0, relaxed);
}

Scoreboard::Workers Scoreboard::count(unsigned server) const noexcept {
    Workers workers;
    const ServerLine& line = this->server(server);
    const bool accepting = line.accepting.load(relaxed);
    const unsigned places = std::min(line.threads.load(relaxed), size_.threads);
    for (unsigned i = 0; i < places; ++i) {
        switch (thread(server, i).state.load(relaxed)) {
            case WorkerState::dead:
                break;
            case WorkerState::starting:
                ++workers.starting;
                break;
            case WorkerState::ready:
                if (accepting)
                    ++workers.idle;
                else
                    ++workers.busy;
                break;
            default:
                ++workers.busy;
        }
    }
    return workers;
}

void Scoreboard::set_alarm(int idle_workers, int event_fd) noexcept {
    head().alarm_at.store(idle_workers, relaxed);
    head().event_fd = event_fd;
}

int Scoreboard::idle_count() const noexcept {
    return head().idle.load(relaxed);
}

void Scoreboard::correct_idle(int before, int counted) noexcept {
    if (before != counted) head().idle.compare_exchange_strong(before, counted, relaxed);
}

void Scoreboard::clear_alarm() noexcept {
    head().alarmed.store(0, std::memory_order_release);
}

void Scoreboard::set_exhausted(bool exhausted) noexcept {
    head().exhausted.store(exhausted, relaxed);
}

bool Scoreboard::exhausted() const noexcept {
    return head().exhausted.load(relaxed);
}

void Scoreboard::note_backlog(unsigned now) noexcept {
    head().backlog.store(now, relaxed);
    if (now > head().backlog_peak.load(relaxed)) head().backlog_peak.store(now, relaxed);
}

void Scoreboard::note_refused(std::uint64_t count) noexcept {
    head().gone.refused.fetch_add(count, relaxed);
}

void Scoreboard::idle(unsigned server, unsigned thread) noexcept {
    this->thread(server, thread).state.store(WorkerState::ready, std::memory_order_release);
    if (this->server(server).accepting.load(relaxed)) head().idle.fetch_add(1, relaxed);
}

void Scoreboard::busy(unsigned server, unsigned thread, bool always) noexcept {
    ThreadLine& line = this->thread(server, thread);
    line.state.store(WorkerState::reading, std::memory_order_release);
    const int counted = this->server(server).accepting.load(relaxed) ? 1 : 0;
    const int left = head().idle.fetch_sub(counted, relaxed) - counted;
    if (always || left < head().alarm_at.load(relaxed)) wake();
}

void Scoreboard::accessed(unsigned server, unsigned thread) noexcept {
    ThreadLine& line = this->thread(server, thread);
    line.accesses.store(line.accesses.load(relaxed) + 1, relaxed);
}

void Scoreboard::gone(unsigned server, unsigned thread) noexcept {
    const WorkerState before =
        this->thread(server, thread).state.exchange(WorkerState::dead, relaxed);
    if (before == WorkerState::ready && this->server(server).accepting.load(relaxed))
        head().idle.fetch_sub(1, relaxed);
}

void Scoreboard::note_peer(unsigned server, unsigned thread, const SocketAddress& peer) noexcept {
    ThreadLine& line = this->thread(server, thread);
    const bool fits = peer.is_ip() && peer.length <= sizeof line.peer;
    line.peer_length = fits ? peer.length : 0;
    if (fits) std::memcpy(line.peer, peer.raw(), peer.length);
}

void Scoreboard::set_accepting(unsigned server, bool accepting) noexcept {
    ServerLine& line = this->server(server);
    // Looked at first: it is said often, and the line is everybody's.
    if (line.accepting.load(relaxed) == accepting ||
        line.accepting.exchange(accepting, relaxed) == accepting)
        return;
    int ready = 0;
    const unsigned places = std::min(line.threads.load(relaxed), size_.threads);
    for (unsigned i = 0; i < places; ++i)
        if (thread(server, i).state.load(relaxed) == WorkerState::ready) ++ready;
    const int left =
        head().idle.fetch_add(accepting ? ready : -ready, relaxed) + (accepting ? ready : -ready);
    if (!accepting && left < head().alarm_at.load(relaxed)) wake();
}

void Scoreboard::set_retiring(unsigned server) noexcept {
    if (!this->server(server).retiring.exchange(true, relaxed)) wake();
}

void Scoreboard::wake() noexcept {
    // A process without a keeper (nowait) has nobody to wake.
    if (head().event_fd <= 0 || head().alarmed.exchange(1, std::memory_order_acq_rel) != 0) return;
    const std::uint64_t one = 1;
    raw::syscall(SYS_write, head().event_fd, &one, sizeof one);
}

Scoreboard::Totals Scoreboard::totals() const noexcept {
    Totals all = head().gone.read();
    all.add(head().base.read());
    for (unsigned i = 0; i < size_.servers; ++i)
        if (server(i).threads.load(relaxed) != 0) all.add(totals_of(i));
    return all;
}

Scoreboard::Totals Scoreboard::take_totals() noexcept {
    const Totals all = totals();
    for (unsigned i = 0; i < size_.servers; ++i) server(i).threads.store(0, relaxed);
    head().gone.clear();
    head().base.clear();
    return all;
}

Scoreboard::Totals Scoreboard::totals_of(unsigned server) const noexcept {
    Totals all;
    for (unsigned i = 0; i < size_.threads; ++i) all.add(read(thread(server, i)));
    return all;
}

unsigned Scoreboard::backlog() const noexcept {
    return head().backlog.load(relaxed);
}

unsigned Scoreboard::backlog_peak() const noexcept {
    return head().backlog_peak.load(relaxed);
}

void Scoreboard::set_base(const Totals& base) noexcept {
    head().base.add(base);
}

}  // namespace minetd
