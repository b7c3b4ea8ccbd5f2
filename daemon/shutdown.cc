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
/// Nothing tells that a queue has become empty.
constexpr Milliseconds next_look = 20;

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

/// Until its queues are empty a service goes on as ever, with its limits and whoever is started for
/// it. Nobody new gets in, so that this ends when those who wait have had their turn.
bool Superdaemon::leave(const ServiceSpec& spec, Dispatcher& dispatcher, ServiceSockets& sockets,
                        Milliseconds patience_ends) noexcept {
    const bool patient = (life_ == Life::serving || life_ == Life::finishing) &&
                         (patience_ends == 0 || monotonic_ms() < patience_ends);
    if (sockets.are_awaited()) {
        if (patient) return false;
        log_.message(
            Level::warning,
            fmt::format("{}: its sockets close though somebody waits in the backlog", spec.id));
    }
    dispatcher.stop_accepting();
    sockets.close();
    return true;
}

void Superdaemon::look_at_queues() noexcept {
    bool awaited = false, closed = false;
    const auto note = [&](bool left) {
        (left ? closed : awaited) = true;
        return left;
    };
    for (Draining& one : draining_)
        if (one.sockets && note(leave(*one.spec, *one.dispatcher, *one.sockets, one.patience_ends)))
            one.sockets.reset();
    if (life_ != Life::serving)
        for (const auto& [key, service] : services_)
            if (!service->stopped)
                service->stopped =
                    note(leave(*service->spec, *service->dispatcher, *service->sockets, 0));
    awaited ? queues_.schedule(next_look) : queues_.cancel();
    if (!closed) return;
    around_.schedule(0);
    if (life_ != Life::serving) return;
    retry_missing();
}

/// What is free now may be the address of another.
void Superdaemon::retry_missing() noexcept {
    for (const auto& [key, service] : services_)
        if (service->sockets->missing() > 0) service->sockets->retry();
}

void Superdaemon::stop() {
    cancel_upgrade();
    life_ = Life::finishing;
    for (const auto& [key, service] : services_)
        service->sockets->close_to_new(ServiceSockets::End::of_daemon);
    look_at_queues();
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
    look_at_queues();
    signal_everybody(asked ? SIGTERM : SIGKILL);
    if (!asked) cgroups_.kill();
    deadline_.schedule(kill_after);
    leave_if_done();
}

void Superdaemon::leave_if_done() {
    if (sessions() > 0 || queues_.pending()) return;
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
