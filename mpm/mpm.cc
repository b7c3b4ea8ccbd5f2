// SPDX-License-Identifier: ISC
#include "mpm/mpm.h"

#include <stdexcept>

#include "daemon/os/signals.h"
#include "mpm/builtin_servers.h"
#include "mpm/event.h"
#include "mpm/intercept.h"
#include "mpm/nowait.h"
#include "mpm/per_user.h"
#include "mpm/pool.h"
#include "mpm/program_servers.h"
#include "mpm/resident_servers.h"
#include "mpm/service_process.h"
#include "mpm/single.h"
#include "mpm/wait.h"
#include "mpm/worker.h"
#include "services/registry.h"

namespace minetd {
namespace {

template <class Kind>
std::unique_ptr<Dispatcher> start_programs(Runtime& runtime, Assignment job) {
    return std::make_unique<Kind>(runtime, std::move(job));
}

/// The body of the process behind a builtin on a `nowait` line.
int run_single(const Assignment& job, std::vector<ListeningSocket> sockets, Channel& control) {
    enter_service(*job.spec, job.sandbox.get());
    unblock_signals();
    Scoreboard board(job.board_fd, single_board);
    board.occupy(0, 1);
    prepare_handler(*job.spec);
    confine_server(job.sandbox.get());
    return serve_single({.spec = job.spec,
                         .context = job.context,
                         .sockets = std::move(sockets),
                         .admission = job.admission.get(),
                         .control = control,
                         .scoreboard = &board,
                         .of_superdaemon = true,
                         .orphan_timeout = job.orphan_timeout});
}

std::unique_ptr<Dispatcher> single_on_first_use(Runtime& runtime, Assignment job) {
    return std::make_unique<ServiceProcess>(runtime, std::move(job), run_single,
                                            ServiceProcess::Start::on_first_use);
}

std::unique_ptr<Dispatcher> wait_program(Runtime& runtime, Assignment job) {
    if (!job.spec->intercept) return std::make_unique<Wait>(runtime, std::move(job));
    return std::make_unique<Intercept>(runtime, std::move(job));
}

/// The body of the process that keeps a pool.
template <BuiltinServers::ServeLoop Serve>
int keep_builtin_servers(const Assignment& job, std::vector<ListeningSocket> sockets,
                         Channel& control) {
    enter_service(*job.spec, job.sandbox.get());
    prepare_handler(*job.spec);
    Pool pool(job, std::move(sockets), control);
    return pool.run(std::make_unique<BuiltinServers>(pool, job, Serve));
}

int keep_program_servers(const Assignment& job, std::vector<ListeningSocket> sockets,
                         Channel& control) {
    // The user who starts the servers has no identity left to change.
    auto plan =
        make_launch_plan(*job.spec, job.plan->stderr_fd, job.plan->credentials, job.sandbox);
    plan->identity_assumed = true;
    permit_limits(*job.spec);
    enter_identity(*job.spec, job.sandbox.get());
    Pool pool(job, std::move(sockets), control);
    if (job.spec->is_resident())
        return pool.run(std::make_unique<ResidentServers>(pool, job, std::move(plan)));
    return pool.run(std::make_unique<ProgramServers>(pool, job, std::move(plan)));
}

template <ProcessBody Keeper>
std::unique_ptr<Dispatcher> pool(Runtime& runtime, Assignment job) {
    return std::make_unique<ServiceProcess>(runtime, std::move(job), Keeper,
                                            ServiceProcess::Start::at_once);
}

std::unique_ptr<Dispatcher> pool_per_user(Runtime& runtime, Assignment job) {
    return std::make_unique<PerUser>(runtime, std::move(job), keep_builtin_servers<serve_worker>);
}

std::unique_ptr<Dispatcher> no_programs(Runtime&, Assignment job) {
    throw std::runtime_error("a program has no threads: " + job.spec->server +
                             " can be served by prefork");
}

// clang-format off
constexpr Mpm table[] = {
    // serve           name       for a program             for a builtin
    {Serve::nowait,    "nowait",  start_programs<Nowait>,   single_on_first_use},
    {Serve::wait,      "wait",    wait_program,             single_on_first_use},
    {Serve::prefork,   "prefork", pool<keep_program_servers>,
                                                            pool<keep_builtin_servers<serve_prefork>>},
    {Serve::worker,    "worker",  no_programs,              pool<keep_builtin_servers<serve_worker>>},
    {Serve::event,     "event",   no_programs,              pool<keep_builtin_servers<serve_event>>},
    {Serve::threads,   "threads", no_programs,              pool<keep_builtin_servers<serve_worker>>},
    {Serve::perchild,  "perchild", no_programs,             pool_per_user},
};
// clang-format on

}  // namespace

std::span<const Mpm> mpms() noexcept {
    return table;
}

std::unique_ptr<Dispatcher> make_dispatcher(Runtime& runtime, Assignment assignment) {
    for (const Mpm& mpm : table) {
        if (mpm.serve != assignment.spec->serve) continue;
        const bool builtin = assignment.spec->is_builtin();
        return (builtin ? mpm.for_builtin : mpm.for_program)(runtime, std::move(assignment));
    }
    throw std::runtime_error("no MPM serves this service");
}

}  // namespace minetd
