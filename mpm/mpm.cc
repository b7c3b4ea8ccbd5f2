// SPDX-License-Identifier: ISC
#include "mpm/mpm.h"

#include <csignal>
#include <stdexcept>

#include "mpm/builtin_servers.h"
#include "mpm/nowait.h"
#include "mpm/pool.h"
#include "mpm/program_servers.h"
#include "mpm/service_process.h"
#include "mpm/single.h"
#include "mpm/wait.h"

namespace minetd {
namespace {

template <class Kind>
std::unique_ptr<Dispatcher> start_programs(Runtime& runtime, Assignment job) {
    return std::make_unique<Kind>(runtime, std::move(job));
}

/// The body of the process behind a builtin on a `nowait` line.
int run_single(const Assignment& job, std::vector<ListeningSocket> sockets, Channel& control) {
    enter_service(*job.spec);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    return serve_single({.spec = job.spec,
                         .context = job.context,
                         .sockets = std::move(sockets),
                         .ledger = job.ledger.get(),
                         .control = control});
}

std::unique_ptr<Dispatcher> single_on_first_use(Runtime& runtime, Assignment job) {
    return std::make_unique<ServiceProcess>(runtime, std::move(job), run_single,
                                            ServiceProcess::Start::on_first_use);
}

/// The body of the process that keeps a pool of processes.
int keep_processes(const Assignment& job, std::vector<ListeningSocket> sockets, Channel& control) {
    if (job.spec->is_builtin())
        enter_service(*job.spec);
    else
        enter_identity(*job.spec);
    Pool pool(job.spec, job.ledger.get(), control);
    if (job.spec->is_builtin())
        return pool.run(
            std::make_unique<BuiltinServers>(pool, job, std::move(sockets), serve_prefork));
    // The plan is made anew by the user who starts the servers: there is no identity left to
    // change.
    auto plan = make_launch_plan(*job.spec, job.plan->stderr_fd);
    return pool.run(
        std::make_unique<ProgramServers>(pool, job, std::move(plan), std::move(sockets)));
}

std::unique_ptr<Dispatcher> pool_of_processes(Runtime& runtime, Assignment job) {
    return std::make_unique<ServiceProcess>(runtime, std::move(job), keep_processes,
                                            ServiceProcess::Start::at_once);
}

// clang-format off
constexpr Mpm table[] = {
    // serve           name       for a program             for a builtin
    {Serve::nowait,    "nowait",  start_programs<Nowait>,   single_on_first_use},
    {Serve::wait,      "wait",    start_programs<Wait>,     single_on_first_use},
    {Serve::prefork,   "prefork", pool_of_processes,        pool_of_processes},
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
