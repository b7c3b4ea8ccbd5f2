// SPDX-License-Identifier: ISC
#include "mpm/event.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <vector>

#include "daemon/os/system_error.h"
#include "daemon/os/thread.h"
#include "mpm/poller.h"

namespace minetd {
namespace {

constexpr int second = 1000;

/// The main thread only listens to the parent, until `done_fd` tells that the others have ended.
void listen_until(ServingProcess& process, int done_fd) {
    for (;;) {
        pollfd items[] = {{.fd = process.control_fd(), .events = POLLIN, .revents = 0},
                          {.fd = done_fd, .events = POLLIN, .revents = 0}};
        if (::poll(items, 2, process.reporter().holds() ? second : -1) > 0) {
            if (items[1].revents != 0) return;
            process.on_control();
        }
        process.reporter().flush(monotonic_ms());
    }
}

}  // namespace

int serve_event(ServerSeat seat) {
    const unsigned nominal = std::max(1U, seat.spec->pool.threads_per_child);
    const double factor = std::max(1.0, seat.spec->pool.async_request_worker_factor);
    ServingProcess process(std::move(seat), nominal);
    Capacity capacity(process, nominal, factor);
    const bool shared = !process.traits().never_blocks;
    // Where nothing blocks, more threads than processors only take turns: the servers that a pool
    // begins with have them all among them.
    const unsigned servers = std::max(1U, process.spec().pool.start_servers);
    const unsigned pollers_each = (processors() + servers - 1) / servers;
    const unsigned threads = shared ? nominal : std::min(nominal, pollers_each);
    Scoreboard& board = *process.seat().scoreboard;
    for (unsigned i = 0; i < nominal; ++i) board.idle(process.seat().slot, i);

    std::deque<Poller> pollers;
    for (unsigned i = 0; i < (shared ? 1 : threads); ++i)
        pollers.emplace_back(process, capacity, shared, false);
    const UniqueFd done_fd(::eventfd(0, EFD_CLOEXEC));
    if (!done_fd) throw_errno("eventfd");
    std::atomic<unsigned> running{threads};
    const auto ended = [&](unsigned count) noexcept {
        const std::uint64_t one = 1;
        if (running.fetch_sub(count) == count) (void)!::write(done_fd.get(), &one, sizeof one);
    };
    std::vector<Thread> started(threads);
    unsigned living = 0;
    try {
        for (; living < threads; ++living)
            started[living] = Thread(process.spec().pool.thread_stack_size, [&, i = living] {
                pollers[shared ? 0 : i].run(i);
                ended(1);
            });
    } catch (const std::exception& problem) {
        if (living == 0) throw;
        // Those that serve already go on, and have to be told when to end.
        process.reporter().log(Level::warning,
                               fmt::format("{}: {} threads instead of {} ({})", process.spec().id,
                                           living, threads, problem.what()));
        const unsigned missing = threads - living;
        if (shared) {
            capacity.occupy(static_cast<int>(missing));
            for (unsigned i = living; i < threads; ++i) board.gone(process.seat().slot, i);
        }
        ended(missing);
    }
    process.reporter().ready();
    listen_until(process, done_fd.get());
    for (Thread& thread : started) thread.join();
    process.reporter().finish();
    return EX_OK;
}

}  // namespace minetd
