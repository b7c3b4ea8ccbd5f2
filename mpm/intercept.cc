// SPDX-License-Identifier: ISC
#include "mpm/intercept.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sysexits.h>

#include <csignal>

#include "daemon/os/identity.h"
#include "daemon/os/signals.h"
#include "daemon/os/system_error.h"
#include "mpm/datagram_relay.h"
#include "mpm/poller.h"
#include "mpm/single.h"

namespace minetd {
namespace {

constexpr Milliseconds second = 1000, retry_delay = second;
/// Of the process, without any peer.
constexpr Milliseconds idle_life = 30 * second;
/// After TERM a program that nobody can reach has so long to put its house in order.
constexpr Milliseconds kill_after = 3 * second;
/// Descriptors of a forwarded connection: both ends, what they are waited for with, two pipes; and
/// of the process.
constexpr rlim_t descriptors_each = 7, own_descriptors = 32;

/// Who stands there needs nothing of the service's user, and nothing of root.
ServiceSpec identity_for(const ServiceSpec& service) {
    ServiceSpec spec;
    spec.user = service.user;
    spec.group = service.group;
    spec.groups = service.groups;
    if (resolve_identity(service.user, service.group, false).uid != 0) return spec;
    spec.group.clear();
    spec.groups = false;
    spec.user = "nobody";
    try {
        static_cast<void>(resolve_identity(spec.user, "", false));
    } catch (const std::exception&) {
        spec.user = "65534";  // where there is no database of users
    }
    return spec;
}

/// In the private network, if there is one, and kept from what forwarding does not take.
std::shared_ptr<const Sandbox> sandbox_for(const InnerSockets& inner) {
    ServiceSpec spec;
    spec.builtin = "redirect";
    spec.server = "internal";
    Namespaces spaces;
    if (inner.shows_peers()) {
        spaces.network.reset(::fcntl(inner.network(), F_DUPFD_CLOEXEC, 3));
        if (!spaces.network) throw_errno("the network between program and peers");
    }
    return make_sandbox(spec, std::move(spaces));
}

/// Connections at once; the others wait to be accepted.
double most_connections() noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) < 0) return 16;
    const rlim_t left = std::max(limit.rlim_cur, own_descriptors) - own_descriptors;
    return static_cast<double>(std::max<rlim_t>(left / descriptors_each, 2) - 1);
}

int stand_between(const Assignment& job, std::vector<ListeningSocket> sockets, Channel& control) {
    enter_identity(identity_for(*job.spec), job.sandbox.get());
    unblock_signals();
    Scoreboard board(job.board_fd, single_board);
    board.occupy(0, 1);
    confine_server(job.sandbox.get());
    ServingProcess process({.spec = job.spec,
                            .context = job.context,
                            .sockets = std::move(sockets),
                            .admission = job.admission.get(),
                            .control = control,
                            .scoreboard = &board,
                            .of_superdaemon = true,
                            .orphan_timeout = job.orphan_timeout},
                           *job.inner);
    const auto begin = [&] {
        board.idle(0);
        process.reporter().ready();
    };
    if (job.spec->is_datagram()) {
        DatagramRelay relay(process, *job.inner);
        begin();
        relay.run(idle_life);
    } else {
        Capacity capacity(process, 1, most_connections());
        Poller poller(process, capacity, false, true);
        begin();
        poller.run(0, idle_life);
    }
    process.reporter().finish();
    return EX_OK;
}

}  // namespace

Intercept::Intercept(Runtime& runtime, Assignment assignment)
    : ServiceProcess(runtime, assignment, stand_between, Start::on_first_use),
      runtime_(runtime),
      assignment_(std::move(assignment)),
      program_runtime_(runtime),
      program_(program_runtime_, for_program(assignment_),
               [this] { tell(ControlMessage::Kind::vacant); }),
      retry_(runtime.loop, [this] { begin(); }),
      program_end_(runtime.loop, [this] { end_program(); }) {
    // Who is being served is told by whoever admits; this is the program's own life.
    program_runtime_.record = [this](const ServiceSpec& spec, const Record& record) {
        Record own = record;
        own.peer.length = 0;
        runtime_.record(spec, own);
    };
}

/// Whoever stands before it has asked already.
Assignment Intercept::for_program(const Assignment& assignment) {
    Assignment job = assignment;
    job.admission = nullptr;
    return job;
}

Assignment Intercept::for_process() const {
    Assignment job = assignment_;
    job.plan = nullptr;
    job.sandbox = sandbox_;
    job.inner = inner_;
    return job;
}

/// Makes what lies between for these sockets, from what there is.
void Intercept::place(const std::vector<ListeningSocket>& sockets, const InnerSockets* former) {
    auto inner = std::make_shared<const InnerSockets>(*assignment_.spec, sockets, former);
    const bool same_network = inner_ && inner_->network() == inner->network();
    if (!sandbox_ || !same_network) sandbox_ = sandbox_for(*inner);
    inner_ = std::move(inner);
    ServiceProcess::adopt(for_process(), false);
}

void Intercept::serve(std::vector<ListeningSocket> sockets) {
    outer_ = std::move(sockets);
    leaving_ = false;
    program_end_.cancel();
    begin();
}

/// What comes meanwhile waits in the sockets' queues.
void Intercept::begin() noexcept {
    const bool first = inner_ == nullptr;
    try {
        place(outer_, inner_.get());
    } catch (const std::exception& problem) {
        runtime_.log(Level::error,
                     fmt::format("{}: nothing can stand before {}: {}; next try in {} s",
                                 assignment_.spec->id, assignment_.spec->server, problem.what(),
                                 retry_delay / second));
        return retry_.schedule(retry_delay);
    }
    retry_.cancel();
    if (first && !inner_->shows_peers())
        runtime_.log(
            Level::warning,
            fmt::format("{}: no network of its own for {} ({}): it sees all its peers as this "
                        "host, and who is on this host can reach it unasked",
                        assignment_.spec->id, assignment_.spec->server, inner_->problem()));
    program_.serve(inner_->sockets());
    ServiceProcess::serve(outer_);
}

void Intercept::adopt(Assignment assignment, bool new_servers) {
    assignment_ = std::move(assignment);
    program_.adopt(for_program(assignment_), new_servers);
    ServiceProcess::adopt(inner_ ? for_process() : assignment_, new_servers);
}

void Intercept::stop_accepting() noexcept {
    leaving_ = true;
    retry_.cancel();
    ServiceProcess::stop_accepting();
    if (ServiceProcess::sessions() == 0) give_up_program();
}

void Intercept::on_last_end() noexcept {
    if (leaving_) give_up_program();
}

/// Nobody will say anything to it any more. What a datagram program still says from sockets of its
/// own it may finish, as long as a silent peer would be waited for.
void Intercept::give_up_program() noexcept {
    program_.stop_accepting();
    const ServiceSpec& spec = *assignment_.spec;
    if (program_.sessions() > 0 && !program_end_.pending())
        program_end_.schedule(spec.is_datagram() ? second * spec.idle_timeout : 0);
}

void Intercept::end_program() noexcept {
    program_.signal_sessions(std::exchange(asked_, true) ? SIGKILL : SIGTERM);
    if (program_.sessions() > 0) program_end_.schedule(kill_after);
}

unsigned Intercept::sessions() const noexcept {
    return ServiceProcess::sessions() + program_.sessions();
}

void Intercept::signal_sessions(int signal) noexcept {
    ServiceProcess::signal_sessions(signal);
    program_.signal_sessions(signal);
}

HandedDispatcher Intercept::hand_over() noexcept {
    HandedDispatcher handed = ServiceProcess::hand_over();
    HandedDispatcher its = program_.hand_over();
    handed.sessions = std::move(its.sessions);
    handed.totals = its.totals;
    if (inner_) handed.passage = inner_->hand_over();
    return handed;
}

void Intercept::take_over(HandedDispatcher& handed, const std::vector<ListeningSocket>& sockets) {
    auto former = std::make_shared<const InnerSockets>(handed.passage);
    leaving_ = sockets.empty();
    if (leaving_)
        inner_ = std::move(former);
    else
        place(sockets, former.get());
    program_.take_over(handed, inner_->sockets());
    ServiceProcess::take_over(handed, sockets);
    if (!leaving_) return;
    // Who was let in may wait for the next program still.
    program_.serve(inner_->sockets());
    if (ServiceProcess::sessions() == 0) give_up_program();
}

}  // namespace minetd
