// SPDX-License-Identifier: ISC
// The end: leave the sockets, let sessions finish, ask them to end, end them.
#include <fmt/format.h>

#include "daemon/superdaemon.h"

namespace minetd {
namespace {

/// After TERM a session has so long to put its house in order.
constexpr Milliseconds kill_after = 3000;
/// For sessions of an earlier start.
constexpr Milliseconds look_again = 200;

}  // namespace

unsigned Superdaemon::sessions() const {
    unsigned count = 0;
    for (const auto& [key, service] : services_) count += service->dispatcher->sessions();
    for (const Draining& draining : draining_) count += draining.dispatcher->sessions();
    return count;
}

void Superdaemon::signal_everybody(int signal) {
    for (const auto& [key, service] : services_) service->dispatcher->signal_sessions(signal);
    for (const Draining& draining : draining_) draining.dispatcher->signal_sessions(signal);
    for (Announcer* announcer : announcers()) announcer->signal(signal);
    cgroups_.signal_former(signal);
}

void Superdaemon::stop() {
    cancel_upgrade();
    for (const auto& [key, service] : services_) {
        service->dispatcher->stop_accepting();
        service->sockets->leave();
    }
    // Not before: who takes what is there already reaps, and may be the last to go.
    life_ = Life::finishing;
    announce();
    const unsigned timeout = configuration_.daemon.graceful_shutdown_timeout;
    const unsigned count = sessions() + cgroups_.former();
    log_.message(Level::notice,
                 count == 0
                     ? std::string("stopping")
                     : fmt::format("stopping; waiting for {} processes{}", count,
                                   timeout == 0 ? "" : fmt::format(", at most {} s", timeout)));
    notifications_.stopping("stopping");
    state_store_.save();
    if (timeout > 0) deadline_.schedule(timeout * Milliseconds{1000});
    leave_if_done();
}

void Superdaemon::hurry() {
    const bool asked = life_ == Life::finishing;
    life_ = asked ? Life::hurrying : Life::killing;
    const unsigned count = sessions() + cgroups_.former();
    log_.message(Level::notice,
                 fmt::format("{} processes are {}", count, asked ? "asked to end" : "killed"));
    signal_everybody(asked ? SIGTERM : SIGKILL);
    if (!asked) cgroups_.kill();
    deadline_.schedule(kill_after);
    leave_if_done();
}

void Superdaemon::leave_if_done() {
    if (sessions() > 0) return;
    for (const Announcer* announcer : announcers())
        if (announcer->running()) return;
    // Their ends are told to nobody here.
    if (life_ != Life::killing && cgroups_.former() > 0) return around_.schedule(look_again);
    state_store_.save();
    cgroups_.finish_all();  // what made itself a daemon
    log_.message(Level::notice, "stopped");
    loop_.stop();
}

}  // namespace minetd
