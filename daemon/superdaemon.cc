// SPDX-License-Identifier: ISC
#include "daemon/superdaemon.h"

#include <fmt/format.h>
#include <strings.h>
#include <sysexits.h>

#include <stdexcept>

#include "daemon/request.h"

namespace minetd {

Superdaemon::Superdaemon(const Configuration& configuration, const LogTarget& log, Load load,
                         bool strict, Inheritance inheritance, Succession succession)
    : load_(std::move(load)),
      log_(log),
      refusals_(loop_, [this](const ServiceSpec& spec,
                              const Record& record) { log_.record(spec, record); }),
      runtime_{.loop = loop_,
               .children = children_,
               .launcher = launcher_,
               .boards = boards_,
               .record =
                   [this](const ServiceSpec& spec, const Record& record) {
                       if (record.kind == Record::Kind::fail)
                           refusals_.record(spec, record);
                       else
                           log_.record(spec, record);
                   },
               .log = [this](Level level, const std::string& text) { log_.message(level, text); },
               .reap = [this] { reap(); },
               .look_around = [this] { around_.schedule(0); },
               .pass = [this](const ServiceSpec& from, const std::string& name,
                              UniqueFd& connection) { return pass(from, name, connection); },
               .touched =
                   [this](const ServiceSpec& sensor, const SocketAddress& peer) {
                       const std::uint64_t before = sensors_.changes();
                       sensors_.touched(sensor, peer);
                       if (sensors_.changes() != before) state_store_.save_soon();
                   }},
      sensors_(runtime_.record, runtime_.log),
      inquirer_(runtime_),
      configuration_(configuration),
      cgroups_(
          loop_, runtime_.log,
          [this](const std::string& key, int directory) { boards_.set_cgroup(key, directory); }),
      inheritance_(std::move(inheritance)),
      outbox_(loop_, [this](const std::string& problem) { log_.message(Level::warning, problem); }),
      notifications_(loop_, [this] { return situation(); }),
      state_store_(
          loop_, [this] { return what_to_save(); },
          [this](const std::string& problem) {
              log_.message(Level::warning, "the state cannot be saved: " + problem);
          }),
      rpc_announcer_(runtime_, "rpcbind", announce_rpc_programs),
      mdns_announcer_(runtime_, "mdns", announce_over_multicast_dns),
      signals_(loop_,
               [this](int signal, pid_t sender, int value) { on_signal(signal, sender, value); }),
      child_signal_(loop_, [this] { reap(); }),
      deadline_(loop_, [this] { hurry(); }),
      around_(loop_, [this] { reap(); }),
      queues_(loop_, [this] { look_at_queues(); }),
      pid_file_(succession.pid_file),
      upgrade_(runtime_, succession.invocation,
               [this](const std::string& problem) { finish_upgrade(problem); }) {
    if (const std::string problem = Notifications::problem(); !problem.empty())
        log_.message(Level::warning, problem);
    if (succession.former) {
        take_over(*succession.former, configuration);
        state_store_.begin();
        return;
    }
    sensors_.prepare(configuration_.services);
    cgroups_.open(cgroup_root(configuration_.daemon.cgroup));
    inheritance_.assign(configuration_.services);
    recall();
    for (const auto& spec : configuration_.services) {
        add(spec);
        notifications_.starting();
    }
    former_ = {};
    report_inheritance();
    cgroups_.sweep();
    note_what_is_served();
    refresh_contexts();
    brief_inquirer();
    announce();
    std::size_t missing = configuration_.broken.size();
    for (const auto& [key, service] : services_) missing += service->sockets->missing();
    if (strict && missing > 0)
        throw std::runtime_error(fmt::format(
            "{} services or addresses cannot be served, and --strict was given", missing));
    log_.message(Level::notice, "ready: " + summary());
    notifications_.ready();
    state_store_.begin();
}

Superdaemon::~Superdaemon() = default;

int Superdaemon::run() {
    loop_.run();
    refusals_.flush();
    return EX_OK;
}

Situation Superdaemon::situation() const {
    const BoardRegistry::Use use = boards_.use();
    Situation now{.services = services_.size(),
                  .sessions = use.sessions,
                  .full_pools = use.full_pools,
                  .left_out = configuration_.broken.size()};
    // A pool's own processes are servers, not sessions; nor is who stands before a program.
    const auto is_program = [](const ServiceSpec& spec) {
        return !spec.is_builtin() && !spec.is_pool() && !spec.intercept;
    };
    for (const auto& [key, service] : services_) {
        now.missing += service->sockets->missing();
        if (is_program(*service->spec)) now.sessions += service->dispatcher->sessions();
    }
    for (const Draining& draining : draining_) now.sessions += draining.dispatcher->sessions();
    return now;
}

void Superdaemon::on_signal(int signal, pid_t sender, int value) {
    switch (signal) {
        case SIGHUP:
            if (life_ != Life::serving) return;
            answer(is_request(value) ? sender : 0, reload() ? Answer::done : Answer::refused);
            return;
        case SIGTERM:
        case SIGINT:
            return life_ == Life::serving ? stop() : hurry();
        case SIGQUIT:
            log_.message(Level::notice, fmt::format("leaving; {} processes run on", sessions()));
            return loop_.stop();
        case SIGUSR1:
            log_.reopen();
            return log_.message(Level::notice, "logs reopened");
        case SIGUSR2:
            return upgrade(is_request(value) ? sender : 0);
        default:
            return;
    }
}

void Superdaemon::reap() {
    if (limited_) {
        children_.reap_all([this](pid_t orphan) {
            // A server whose keeper died before it: its claims are still on the books. Where the
            // lock cannot be had, the next keeper settles it.
            for (const auto& [key, service] : services_)
                if (service->ledger) service->ledger->release_all(orphan);
            for (const Draining& draining : draining_)
                if (draining.ledger) draining.ledger->release_all(orphan);
        });
    } else {
        children_.reap_all();
    }
    std::vector<std::string> ended;
    std::erase_if(draining_, [&](Draining& draining) {
        if (draining.sockets || draining.dispatcher->sessions() > 0) return false;
        draining.dispatcher.reset();
        if (!services_.contains(draining.key)) boards_.forget(draining.key);
        ended.push_back(draining.key);
        return true;
    });
    for (const std::string& key : ended) finish_cgroup(key);
    if (life_ != Life::serving) leave_if_done();
}

bool Superdaemon::pass(const ServiceSpec& from, const std::string& name,
                       UniqueFd& connection) noexcept {
    // Only a tcpmux service may pass connections on, and only to entries made for it.
    if (from.builtin != "tcpmux") return false;
    for (const auto& [key, service] : services_) {
        if (!service->spec->tcpmux || ::strcasecmp(service->spec->name.c_str(), name.c_str()) != 0)
            continue;
        return service->dispatcher->take(connection, service->spec->tcpmux_plus ? "+Go\r\n" : "");
    }
    return false;
}

}  // namespace minetd
