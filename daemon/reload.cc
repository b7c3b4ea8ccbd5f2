// SPDX-License-Identifier: ISC
// From one configuration to the next: parse and check first, then change what differs. A service
// that did not change is not touched; one that did keeps its socket where the address is the same;
// sessions run on in any case.
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <iterator>

#include "daemon/config/module_file.h"
#include "daemon/os/avahi.h"
#include "daemon/os/systemd.h"
#include "daemon/policy/guards.h"
#include "daemon/service_announcements.h"
#include "daemon/superdaemon.h"
#include "services/registry.h"

namespace minetd {
namespace {

bool differs(const ServiceContext& a, const ServiceContext& b) {
    return a.service != b.service || a.arguments != b.arguments || a.mux_names != b.mux_names ||
           a.own_udp_ports != b.own_udp_ports || a.module != b.module ||
           a.idle_timeout != b.idle_timeout || a.redirect != b.redirect;
}

/// Whoever serves the one can go on with the other: nobody waits in a socket of the one alone.
bool same_way(const Changes::Pair& pair) {
    const ServiceSpec &a = *pair.before, &b = *pair.after;
    return pair.same_socket && a.serve == b.serve && a.is_builtin() == b.is_builtin() &&
           a.intercept == b.intercept;
}

/// A program that has the socket itself takes peers that nobody asks about.
bool passes_by(const ServiceSpec& before, const ServiceSpec& after) {
    return after.intercept && !before.intercept && before.serve == Serve::wait &&
           !before.is_builtin();
}

}  // namespace

std::string Superdaemon::summary() const {
    std::size_t listeners = 0, missing = 0;
    for (const auto& [key, service] : services_) {
        listeners += service->sockets->sockets().size();
        missing += service->sockets->missing();
    }
    std::string text = fmt::format("{} services, {} listeners", services_.size(), listeners);
    if (missing > 0) text += fmt::format(", {} addresses still to be bound", missing);
    if (!configuration_.broken.empty())
        text += fmt::format(", {} services left out", configuration_.broken.size());
    return text;
}

ServiceContext Superdaemon::context_for(const ServiceSpec& spec) const {
    ServiceContext context;
    if (!spec.is_builtin()) return context;
    context.service = spec.id;
    context.arguments = spec.server_args;
    context.idle_timeout = spec.idle_timeout;
    context.redirect = spec.redirect;
    if (find_builtin(spec.builtin) == nullptr)
        context.module = module_stamp(spec.sandbox.chroot + module_file(spec.builtin));
    for (const auto& other : configuration_.services) {
        if (spec.builtin == "tcpmux" && other->tcpmux) context.mux_names.push_back(other->name);
        if (spec.is_datagram() && other->is_builtin() && other->is_datagram() && other->port != 0)
            context.own_udp_ports.push_back(other->port);
    }
    // Whatever the order of the file.
    std::ranges::sort(context.mux_names);
    std::ranges::sort(context.own_udp_ports);
    return context;
}

Assignment Superdaemon::assignment(Service& service) {
    const ServiceSpec& spec = *service.spec;
    if (!service.ledger && !unlimited(spec.limits)) {
        service.ledger = std::make_shared<Ledger>();
        recall_counts(spec, *service.ledger);
    }
    if (service.ledger) limited_ = true;
    // Where there is a ledger, sessions that were counted under other rules are still to be given
    // back.
    if (!service.inquiry && Inquiry::needed(spec)) service.inquiry = std::make_shared<Inquiry>();
    Banners banners = read_banners(spec, [&](const std::string& problem) {
        log_.message(Level::warning, fmt::format("{}: {}", spec.id, problem));
    });
    // A sensor hears of everybody, so that who comes again is denied for longer.
    const auto denied = is_sensor(spec) ? nullptr : sensors_.denied();
    const bool needed = service.ledger || denied || Admission::needed(spec);
    auto admission =
        needed ? std::make_shared<Admission>(spec, service.ledger, denied, service.inquiry, banners)
               : nullptr;
    const auto on_line = [this, named = service.spec](const std::string& line) {
        log_.program_line(*named, line);
    };
    if (service.error_output)
        service.error_output->set_on_line(on_line);
    else if (spec.error_output() == StderrTarget::Kind::log)
        service.error_output = std::make_shared<ErrorOutput>(loop_, on_line);
    log_.prepare(spec);
    Assignment job{.spec = service.spec,
                   .plan = nullptr,
                   .sandbox = make_sandbox(spec, service.sandbox),
                   .admission = admission,
                   .cgroup = nullptr,
                   .context = context_for(spec),
                   .orphan_timeout = configuration_.daemon.graceful_shutdown_timeout};
    if (!spec.is_builtin())
        job.plan =
            make_launch_plan(spec, service.error_output ? service.error_output->write_end() : -1,
                             service.credentials ? service.credentials->path() : "", job.sandbox);
    job.cgroup = cgroups_.of(spec);
    // Nothing fails any more: it is so, and not as it was.
    service.banners = std::move(banners);
    service.admission = std::move(admission);
    service.sandbox = job.sandbox;
    service.context = job.context;
    return job;
}

void Superdaemon::refresh_credentials(Service& service) {
    // A directory is known by its service's key: sessions of before that have it still share it.
    if (!service.credentials && !service.spec->credentials.empty())
        for (const Draining& former : draining_)
            if (former.key == service.spec->key() && former.credentials)
                service.credentials = former.credentials;
    // Servers that still run keep a directory that nobody needs any more; it goes with the service.
    if (service.credentials)
        service.credentials->fill(*service.spec);
    else if (!service.spec->credentials.empty())
        service.credentials = std::make_shared<CredentialDirectory>(*service.spec);
}

void Superdaemon::open_sockets(Service& service) {
    Service* const self = &service;
    const auto opened = [this, self] {
        self->dispatcher->serve(self->sockets->sockets());
        announce();
    };
    if (service.sockets)
        service.sockets->rename(service.spec, opened);
    else
        service.sockets = std::make_unique<ServiceSockets>(loop_, service.spec, runtime_.log,
                                                           opened, inheritance_);
}

void Superdaemon::report_inheritance() {
    for (const InheritedSocket& socket : inheritance_.forget_ours()) {
        systemd::forget_stored(socket.name);
        log_.message(Level::notice,
                     fmt::format("{} (`{}') was of a service that is no more: it is closed",
                                 socket.address.str(), socket.name));
    }
    for (const InheritedSocket& socket : inheritance_.left())
        log_.message(Level::warning,
                     fmt::format("inherited socket {} (`{}') is for no service; it is kept for one "
                                 "that a reload brings",
                                 socket.address.str(), socket.name));
    if (!inheritance_.from_outside()) return;
    for (const auto& [key, service] : services_)
        if (service->sockets->has_bound())
            log_.message(
                Level::notice,
                fmt::format("{}: none of the inherited sockets is for it: minetd has bound "
                            "its own",
                            service->spec->id));
}

void Superdaemon::add(const std::shared_ptr<const ServiceSpec>& spec) {
    auto service = std::make_unique<Service>();
    service->spec = spec;
    try {
        refresh_credentials(*service);
        service->dispatcher = make_dispatcher(runtime_, assignment(*service));
        open_sockets(*service);
        if (!spec->tcpmux) service->dispatcher->serve(service->sockets->sockets());
    } catch (const std::exception& problem) {
        log_.message(Level::error, fmt::format("{}: {}: {}; left out", spec->where.str(), spec->id,
                                               problem.what()));
        configuration_.broken.push_back(spec->key());
        return;
    }
    services_[spec->key()] = std::move(service);
}

void Superdaemon::remove(const std::string& key) {
    const auto found = services_.find(key);
    if (found == services_.end()) return;
    Service& service = *found->second;
    drain(key, service.spec, service, std::move(service.dispatcher), std::move(service.sockets));
    services_.erase(found);
    boards_.forget(key);
    finish_cgroup(key);
}

void Superdaemon::finish_cgroup(const std::string& key) noexcept {
    const auto same = [&](const Draining& draining) { return draining.key == key; };
    if (services_.contains(key) || std::any_of(draining_.begin(), draining_.end(), same)) return;
    cgroups_.finish(key);
}

void Superdaemon::drain(const std::string& key, const std::shared_ptr<const ServiceSpec>& spec,
                        Service& service, std::unique_ptr<Dispatcher> dispatcher,
                        std::unique_ptr<ServiceSockets> sockets) {
    Draining one{.key = key,
                 .spec = spec,
                 .ledger = service.ledger,
                 .inquiry = service.inquiry,
                 .error_output = service.error_output,
                 .credentials = service.credentials,
                 .sandbox = service.sandbox,
                 .sockets = std::move(sockets),
                 .dispatcher = std::move(dispatcher)};
    if (one.sockets) {
        const unsigned own = spec->is_pool() ? spec->pool.drain_timeout : 0;
        const unsigned most = own != 0 ? own : configuration_.daemon.graceful_shutdown_timeout;
        if (most != 0) one.patience_ends = monotonic_ms() + most * Milliseconds{1000};
        one.sockets->close_to_new(ServiceSockets::End::of_service);
        if (leave(*spec, *one.dispatcher, *one.sockets, one.patience_ends)) {
            one.sockets.reset();
        } else {
            log_.message(Level::info,
                         fmt::format("{}: its sockets close when those who wait in the backlog "
                                     "have been served",
                                     spec->id));
            queues_.schedule(0);
        }
    } else {
        one.dispatcher->stop_accepting();
    }
    if (one.sockets || one.dispatcher->sessions() > 0) draining_.push_back(std::move(one));
}

void Superdaemon::change(const Changes::Pair& pair) {
    const auto found = services_.find(pair.after->key());
    if (found == services_.end()) return add(pair.after);
    Service& service = *found->second;
    // What is new to it beside its own change its servers have to be told too.
    const bool informed = is_informed(service);
    const std::shared_ptr<const ServiceSpec> before = std::exchange(service.spec, pair.after);
    try {
        refresh_credentials(service);
        Assignment job = assignment(service);
        if (same_way(pair)) {
            service.dispatcher->adopt(std::move(job), pair.needs_new_servers || !informed);
        } else {
            auto next = make_dispatcher(runtime_, std::move(job));
            std::swap(service.dispatcher, next);
            if (passes_by(*before, *pair.after)) next->signal_sessions(SIGTERM);
            // The old address first: the new one may contain it.
            drain(before->key(), before, service, std::move(next),
                  pair.same_socket ? nullptr : std::move(service.sockets));
        }
    } catch (const std::exception& problem) {
        service.spec = before;
        log_.message(Level::error,
                     fmt::format("{}: {}: {}; it stays as it was", pair.after->where.str(),
                                 pair.after->id, problem.what()));
        return;
    }
    open_sockets(service);
    if (!same_way(pair) && !service.spec->tcpmux)
        service.dispatcher->serve(service.sockets->sockets());
}

void Superdaemon::note_what_is_served() {
    configuration_.services.clear();
    for (const auto& [key, service] : services_) configuration_.services.push_back(service->spec);
    log_.limit_files(configuration_.services);
    runtime_.programs.most = configuration_.daemon.process_limit.value_or(~0U);
}

void Superdaemon::announce() {
    Announcements programs, names;
    const auto append = [](Announcements& all, const Announcements& its) {
        all.insert(all.end(), its.begin(), its.end());
    };
    for (const auto& [key, service] : services_) {
        if (life_ != Life::serving) break;  // nobody is to come any more
        const auto sockets = service->sockets->sockets();
        append(programs, rpc_announcements(*service->spec, sockets));
        if (avahi::available()) append(names, mdns_announcements(*service->spec, sockets));
    }
    rpc_announcer_.announce(std::move(programs));
    mdns_announcer_.announce(std::move(names));
}

/// It began before there was a sensor.
bool Superdaemon::misses_denials(const Service& service) const noexcept {
    return sensors_.denied() && !is_sensor(*service.spec) && !service.spec->is_resident() &&
           !(service.admission && service.admission->knows_denials());
}

/// What it goes by beside its own specification is as it was: a service that came or went changes
/// what others know (the names behind tcpmux, our UDP ports, that there is a list of denied peers),
/// and banners are files.
bool Superdaemon::is_informed(const Service& service) const {
    const ServiceSpec& spec = *service.spec;
    const auto already_said = [](const std::string&) {};
    return (!spec.is_builtin() || !differs(service.context, context_for(spec))) &&
           !misses_denials(service) && service.banners == read_banners(spec, already_said);
}

void Superdaemon::refresh_contexts() {
    for (const auto& [key, service] : services_) {
        try {
            if (!is_informed(*service)) service->dispatcher->adopt(assignment(*service), true);
        } catch (const std::exception& problem) {
            log_.message(Level::error, fmt::format("{}: {}; it stays as it was", service->spec->id,
                                                   problem.what()));
        }
    }
}

void Superdaemon::brief_inquirer() {
    std::vector<InquiringService> inquiring;
    for (const auto& [key, service] : services_)
        if (service->inquiry && Inquiry::needed(*service->spec))
            inquiring.push_back({service->spec, service->inquiry});
    for (const Draining& draining : draining_)
        if (draining.sockets && draining.inquiry && Inquiry::needed(*draining.spec))
            inquiring.push_back({draining.spec, draining.inquiry});
    inquirer_.serve(std::move(inquiring));
}

bool Superdaemon::reload() {
    notifications_.reloading();
    log_.reopen();
    Diagnostics diagnostics;
    Configuration next = load_(diagnostics);
    log_.findings(diagnostics);
    if (next.fatal) {
        log_.message(Level::error, "reload failed: the running configuration stays");
        notifications_.reloaded(false);
        return false;
    }
    log_.message(Level::notice, "reloaded: " + go_over_to(next));
    const bool whole = !diagnostics.failed() && configuration_.broken.empty();
    notifications_.reloaded(whole);
    state_store_.save_soon();
    return whole;
}

std::string Superdaemon::go_over_to(const Configuration& next) {
    const Changes step = changes(configuration_, next);
    if (next.daemon.cgroup != configuration_.daemon.cgroup)
        log_.message(Level::warning, "cgroup in [minetd] takes effect at the next start");
    configuration_.daemon = next.daemon;
    configuration_.broken = next.broken;
    // What each knows of the others is known before the first one begins by it.
    configuration_.services = step.kept;
    for (const Changes::Pair& pair : step.changed) configuration_.services.push_back(pair.after);
    std::ranges::copy(step.added, std::back_inserter(configuration_.services));
    sensors_.prepare(next.services);
    for (const auto& spec : step.removed) remove(spec->key());
    inheritance_.assign(next.services);
    for (const Changes::Pair& pair : step.changed) change(pair);
    for (const auto& spec : step.added) add(spec);
    for (const auto& spec : step.kept) {
        const auto found = services_.find(spec->key());
        if (found == services_.end()) continue;
        try {
            refresh_credentials(*found->second);
        } catch (const std::exception& problem) {
            log_.message(Level::error,
                         fmt::format("{}: {}; it keeps those it has", spec->id, problem.what()));
        }
    }
    note_what_is_served();
    refresh_contexts();
    retry_missing();
    brief_inquirer();
    announce();
    boards_.count_load();
    return fmt::format("{} added, {} changed, {} removed, {} kept; {}", step.added.size(),
                       step.changed.size(), step.removed.size(), step.kept.size(), summary());
}

}  // namespace minetd
