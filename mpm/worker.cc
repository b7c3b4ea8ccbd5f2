// SPDX-License-Identifier: ISC
#include "mpm/worker.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "daemon/os/system_error.h"
#include "daemon/os/thread.h"
#include "mpm/conversation_loop.h"

namespace minetd {
namespace {

constexpr int second = 1000;
/// Of a thread: what it waits in, its connection, and what the handler opens for it.
constexpr rlim_t descriptors_each = 3;

ThreadLimits limits_of(const ServiceSpec& spec) noexcept {
    const PoolLimits& pool = spec.pool;
    if (spec.serve == Serve::worker || spec.serve == Serve::event)
        return {pool.threads_per_child, pool.threads_per_child, 0, pool.threads_per_child};
    return {std::min(pool.start_threads, pool.max_threads_per_child), pool.max_threads_per_child,
            pool.min_spare_threads, pool.max_spare_threads};
}

class Worker : private ConversationLoop::Watcher {
  public:
    Worker(ServingProcess& process, const ThreadLimits& limits);
    int run();

  private:
    // Watcher: on any thread
    void busy() noexcept override;
    bool idle() noexcept override;
    int leave_fd() const noexcept override { return leave_fd_.get(); }

    void limit_descriptors();
    void start(unsigned count);
    void forgo(unsigned first_place) noexcept;
    void adapt(bool tick);
    unsigned living() noexcept;
    void wait(int timeout) noexcept;

    struct Place {
        std::optional<ConversationLoop> loop;
        Thread thread;
        std::atomic<bool> ended{false};
    };

    ThreadLimits limits_;
    ServingProcess& process_;
    UniqueFd attention_fd_;  ///< written when threads are short, or one has ended
    UniqueFd leave_fd_;
    std::vector<Place> places_;
    std::atomic<int> idle_{0};
    bool short_of_threads_ = false;  ///< the system gave no more; tried again each second
};

Worker::Worker(ServingProcess& process, const ThreadLimits& limits)
    : limits_(limits), process_(process), attention_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!attention_fd_) throw_errno("eventfd");
    limit_descriptors();
    places_ = std::vector<Place>(limits_.most);
    forgo(limits_.most);
    if (!limits_.floats()) return;
    const ServerSeat& mine = process_.seat();
    mine.scoreboard->server(mine.slot).threads.store(limits_.most, std::memory_order_relaxed);
    leave_fd_ = UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE));
    if (!leave_fd_) throw_errno("eventfd");
}

void Worker::busy() noexcept {
    if (!limits_.floats()) return;
    if (idle_.fetch_sub(1) - 1 >= static_cast<int>(limits_.min_spare)) return;
    const std::uint64_t one = 1;
    (void)!::write(attention_fd_.get(), &one, sizeof one);
}

bool Worker::idle() noexcept {
    if (!limits_.floats()) return true;
    const int idle = idle_.fetch_add(1) + 1;
    if (idle <= static_cast<int>(limits_.max_spare)) return true;
    idle_.fetch_sub(1);
    return false;
}

/// Threads without a descriptor left for their clients would serve nobody.
void Worker::limit_descriptors() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) < 0) return;
    const auto used = static_cast<rlim_t>(attention_fd_.get());  // the lowest that was free
    const rlim_t most = std::max<rlim_t>(1, (limit.rlim_cur - used) / descriptors_each);
    if (limits_.most <= most) return;
    process_.reporter().log(
        Level::notice, fmt::format("{}: no more than {} threads in a server; for {}, raise its "
                                   "rlimit_files",
                                   process_.spec().id, most, limits_.most));
    limits_.most = static_cast<unsigned>(most);
    limits_.start = std::min(limits_.start, limits_.most);
}

/// Nobody's spares: these places have no thread, and may get none.
void Worker::forgo(unsigned first_place) noexcept {
    const ServerSeat& mine = process_.seat();
    for (unsigned slot = first_place; slot < mine.scoreboard->threads(); ++slot)
        if (slot >= places_.size() || !places_[slot].thread) mine.scoreboard->gone(mine.slot, slot);
}

/// So many, or as many as there may be: throws only where there is none at all.
void Worker::start(unsigned count) {
    for (unsigned slot = 0; slot < places_.size() && count > 0; ++slot) {
        Place& place = places_[slot];
        if (place.thread) continue;
        try {
            place.ended = false;
            place.loop.emplace(process_, slot, false, static_cast<Watcher*>(this));
            place.thread = Thread(process_.spec().pool.thread_stack_size, [this, &place] {
                place.loop->run();
                place.ended = true;
                const std::uint64_t one = 1;
                (void)!::write(attention_fd_.get(), &one, sizeof one);
            });
        } catch (const std::exception& problem) {
            place.loop.reset();
            // Whoever serves goes on, and is not left without one who hears the parent.
            if (living() == 0) throw;
            forgo(slot);
            if (!std::exchange(short_of_threads_, true))
                process_.reporter().log(Level::warning,
                                        fmt::format("{}: no further thread ({}); tried again each "
                                                    "second",
                                                    process_.spec().id, problem.what()));
            return;
        }
        --count;
    }
    short_of_threads_ = false;
}

unsigned Worker::living() noexcept {
    unsigned count = 0;
    for (Place& place : places_) {
        if (place.thread && place.ended) {
            place.thread.join();
            place.loop.reset();
        }
        if (place.thread) ++count;
    }
    return count;
}

/// As many threads as the load asks for; those that died are replaced.
void Worker::adapt(bool tick) {
    const unsigned living = this->living();
    unsigned wanted = limits_.floats() ? living : limits_.most;
    if (limits_.floats()) {
        const auto idle = static_cast<unsigned>(std::max(0, idle_.load()));
        if (idle < limits_.min_spare)
            wanted = std::min(living + limits_.min_spare - idle, limits_.most);
        if (tick && idle > limits_.max_spare) {
            const std::uint64_t surplus = idle - limits_.max_spare;
            (void)!::write(leave_fd_.get(), &surplus, sizeof surplus);
            idle_.fetch_sub(static_cast<int>(surplus));
        }
    }
    if (wanted > living && (tick || !short_of_threads_)) start(wanted - living);
}

void Worker::wait(int timeout) noexcept {
    pollfd items[] = {{.fd = process_.control_fd(), .events = POLLIN, .revents = 0},
                      {.fd = attention_fd_.get(), .events = POLLIN, .revents = 0}};
    if (::poll(items, 2, timeout) <= 0) return;
    std::uint64_t count;
    if (items[1].revents != 0) (void)!::read(attention_fd_.get(), &count, sizeof count);
    if (items[0].revents != 0) process_.on_control();
}

int Worker::run() {
    start(limits_.start);
    process_.reporter().ready();
    Milliseconds next_tick = monotonic_ms() + second;
    while (!process_.draining()) {
        const bool timed = limits_.floats() || short_of_threads_ || process_.reporter().holds();
        wait(timed ? second : -1);
        const Milliseconds now = monotonic_ms();
        const bool tick = now >= next_tick;
        if (tick) {
            next_tick = now + second;
            process_.reporter().flush(now);
        }
        if (!process_.draining()) adapt(tick);
    }
    // Conversations go on; what they ask of the parent is still answered.
    while (living() > 0) wait(second);
    process_.reporter().finish();
    return EX_OK;
}

}  // namespace

int serve_worker(ServerSeat seat) {
    const ThreadLimits limits = limits_of(*seat.spec);
    ServingProcess process(std::move(seat), limits.most);
    return serve_threads(process, limits);
}

int serve_threads(ServingProcess& process, const ThreadLimits& limits) {
    return Worker(process, limits).run();
}

}  // namespace minetd
