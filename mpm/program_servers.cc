// SPDX-License-Identifier: ISC
#include "mpm/program_servers.h"

#include <sys/eventfd.h>
#include <sys/wait.h>

#include "daemon/os/socket.h"
#include "daemon/os/system_error.h"

namespace minetd {

ProgramServers::ProgramServers(Pool& pool, const Assignment& job,
                               std::shared_ptr<const LaunchPlan> plan)
    : pool_(pool),
      spec_(*job.spec),
      plan_(std::move(plan)),
      retire_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE)),
      seats_(pool.slots()) {
    if (!retire_fd_) throw_errno("eventfd");
    for (const ListeningSocket& socket : pool.sockets()) set_nonblocking(socket.fd, true);
    waiting_.sockets = pool.sockets();
    waiting_.keeper = ::getpid();
    waiting_.retire_fd = retire_fd_.get();
    waiting_.admission = job.admission.get();
    waiting_.scoreboard = &pool.scoreboard();
    waiting_.refusals = &refusals_;
    waiting_.announce = wants_record(spec_, Record::Kind::start);
}

pid_t ProgramServers::start(unsigned slot) noexcept {
    LaunchSlot* launch = launcher_.prepare(plan_);
    if (launch == nullptr) return -ENOMEM;
    Seat& seat = seats_[slot];
    seat.announced = false;
    seat.server.seat = &waiting_;
    seat.server.slot = slot;
    seat.server.claim = 0;
    seat.server.admitted.store(false, std::memory_order_relaxed);
    launch->before = wait_for_client;
    launch->context = &seat.server;
    launch->pinned = true;  // who its client was is read when it ends
    const Launcher::Started started = launcher_.start(*launch);
    if (started.pid < 0) return -started.error;
    seat.ticket = started.ticket;
    return started.pid;
}

void ProgramServers::retire_any(unsigned count) noexcept {
    const std::uint64_t units = count;
    (void)!::write(retire_fd_.get(), &units, sizeof units);
}

void ProgramServers::drain() noexcept {
    // More units than servers: whoever waits, or will, goes.
    retire_any(pool_.slots());
}

void ProgramServers::announce(unsigned slot) noexcept {
    Seat& seat = seats_[slot];
    if (std::exchange(seat.announced, true) || !pool_.reporter().wants(Record::Kind::start)) return;
    pool_.reporter().record(start_record(seat.ticket.slot->pid, seat.ticket.slot->peer));
}

void ProgramServers::attend() noexcept {
    refusals_.empty([this](const RefusalBox::Note& note) {
        for (std::uint64_t i = 0; i <= note.repeated; ++i)
            pool_.reporter().refused(note.guard->reason, note.peer);
    });
    for (unsigned slot = 0; slot < pool_.slots(); ++slot)
        if (pool_.server(slot).pid != 0 && has_client(slot)) announce(slot);
}

Ending ProgramServers::ended(unsigned slot, const Exit& exit) noexcept {
    Seat& seat = seats_[slot];
    const bool had_client = has_client(slot);
    const SocketAddress peer = seat.ticket.slot->peer;
    const std::int64_t began = seat.ticket.slot->began_us;
    if (had_client) announce(slot);
    const Launcher::Failure failure = launcher_.outcome(seat.ticket);
    if (failure.error != 0)
        pool_.reporter().record(
            fail_record(describe(failure, *plan_), had_client ? peer : SocketAddress{}, exit.pid));
    else if (had_client && pool_.reporter().wants(Record::Kind::exit))
        pool_.reporter().record(exit_record(exit, peer, began));
    seat.ticket = {};
    if (had_client) return Ending::program;
    if (failure.error != 0) return Ending::failed_start;
    return WIFSIGNALED(exit.status) ? Ending::crash : Ending::normal;
}

}  // namespace minetd
