// SPDX-License-Identifier: ISC
// The earlier side of an upgrade in place: what this image leaves to the one that comes after it,
// and the moment when it goes. The later side is intake.cc.
#include <fmt/format.h>

#include <algorithm>

#include "daemon/os/process.h"
#include "daemon/request.h"
#include "daemon/superdaemon.h"

namespace minetd {
namespace {

/// How long starts that are under way are waited for: their programs run in this image's memory
/// until they are executed.
constexpr Milliseconds starts_settle = 500;
/// And what the service manager has not read yet: the next image knows nothing of it.
constexpr Milliseconds messages_settle = 500;

std::string specification_of(const std::shared_ptr<const ServiceSpec>& spec) {
    Configuration alone;
    alone.services = {spec};
    return dump(alone);
}

/// Of a service that is served, or one that drains.
template <class Having>
Handover::Service written(const std::string& key, const Having& from) {
    Handover::Service out;
    out.key = key;
    out.specification = specification_of(from.spec);
    if (from.ledger) {
        out.ledger = {from.ledger->fd()};
        out.ledger_seed = from.ledger->seed();
    }
    if (from.inquiry) {
        out.asking = {from.inquiry->asking_fd()};
        out.inlet = {from.inquiry->inlet()};
    }
    if (from.error_output) {
        out.error_reader = {from.error_output->read_end()};
        out.error_writer = {from.error_output->write_end()};
        out.error_line = from.error_output->begun_line();
    }
    if (from.credentials) out.credentials = from.credentials->path();
    if (from.sandbox) {
        const Namespaces& its = from.sandbox->namespaces;
        out.mount = {its.mount.get()};
        out.network = {its.network.get()};
        out.landlock = {its.landlock.get()};
    }
    out.dispatcher = from.dispatcher->hand_over();
    return out;
}

}  // namespace

Handover Superdaemon::hand_over() {
    Handover state;
    state.version = MINETD_VERSION;
    Configuration daemon;
    daemon.daemon = configuration_.daemon;
    state.daemon = dump(daemon);
    state.open_files = lowered_open_files();
    for (const auto& [key, service] : services_) {
        state.services.push_back(written(key, *service));
        for (HandedSocket& socket : service->sockets->hand_over())
            state.sockets.push_back(std::move(socket));
    }
    for (const Draining& one : draining_) {
        state.draining.push_back(written(one.key, one));
        if (one.sockets) state.draining.back().sockets = one.sockets->hand_over();
    }
    for (HandedSocket& socket : inheritance_.hand_over())
        state.sockets.push_back(std::move(socket));
    state.boards = boards_.hand_over();
    state.denied = {sensors_.list_fd()};
    for (InquirerProcess::Handed& one : inquirer_.hand_over()) {
        Handover::Inquirer inquirer{.child = std::move(one.child), .services = {}};
        for (const InquiringService& service : one.services)
            inquirer.services.push_back(service.spec->key());
        state.inquirers.push_back(std::move(inquirer));
    }
    for (const Announcer* announcer : announcers())
        if (announcer->running()) state.announcers[announcer->name()] = announcer->hand_over();
    state.pid_file = {pid_file_.fd()};
    state.askers = askers_;
    return state;
}

void Superdaemon::upgrade(pid_t asker) {
    if (life_ != Life::serving) {
        log_.message(Level::warning, "SIGUSR2: the daemon is stopping: no upgrade");
        answer(asker, Answer::refused);
        return;
    }
    if (asker != 0 && std::find(askers_.begin(), askers_.end(), asker) == askers_.end())
        askers_.push_back(asker);
    if (upgrade_.checking()) {
        // Who asks by kill(1) twice may expect two.
        if (asker == 0)
            log_.message(Level::warning, "SIGUSR2: an upgrade is being checked already");
        return;
    }
    log_.message(Level::notice, "upgrade: checking " + upgrade_.program());
    upgrade_.check(hand_over(), configuration_.daemon.upgrade_timeout * Milliseconds{1000});
}

void Superdaemon::finish_upgrade(const std::string& problem) {
    if (!problem.empty()) return refuse_upgrade(problem);
    // From here on nothing is accepted: what comes waits in the sockets' queues.
    launcher_.settle(starts_settle);
    reap();
    refusals_.flush();
    log_.message(Level::notice, fmt::format("upgrade: becoming {}; {} processes run on",
                                            upgrade_.program(), sessions()));
    notifications_.reloading();
    outbox_.finish(messages_settle);
    refuse_upgrade(upgrade_.become_it(hand_over()));
}

void Superdaemon::refuse_upgrade(const std::string& why) {
    log_.message(Level::error,
                 "upgrade refused: " + why + "; minetd " MINETD_VERSION " goes on as before");
    notifications_.upgrade_refused();
    cancel_upgrade();
}

void Superdaemon::cancel_upgrade() {
    upgrade_.cancel();
    for (const pid_t asker : std::exchange(askers_, {})) answer(asker, Answer::refused);
}

}  // namespace minetd
