// SPDX-License-Identifier: ISC
// The later side of an upgrade in place: the new image first has everything as the old one had it,
// then goes over to the configuration as any reload does.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>
#include <vector>

#include "daemon/request.h"
#include "daemon/superdaemon.h"
#include "daemon/take_over.h"

namespace minetd {

/// Makes things of what was handed over. What several hold is made once.
class Superdaemon::Intake {
  public:
    Intake(Superdaemon& daemon, Handover& state, const Configuration& next)
        : daemon_(daemon), state_(state) {
        for (const auto& spec : next.services) next_[spec->key()] = spec;
    }

    void take_services() noexcept;
    void take_draining(Handover::Service& from) noexcept;
    void take_inquirer(Handover::Inquirer& from);
    void take_announcer(Announcer& announcer);
    /// Closes what nobody has taken.
    void finish() noexcept;

  private:
    /// What its processes share with the daemon, as it is.
    std::unique_ptr<Service> belongings(Handover::Service& from);
    void place(Handover::Service& from, std::unique_ptr<Service> taken);
    /// What others may name too.
    UniqueFd take_shared(HandedFd& handed) {
        taken_.insert(handed.number);
        return handed.take();
    }
    template <class Key, class Thing, class Make>
    std::shared_ptr<Thing> once(std::map<Key, std::shared_ptr<Thing>>& made, const Key& named,
                                Make make) {
        auto& thing = made[named];
        if (!thing) thing = make();
        return thing;
    }
    void complain(const Handover::Service& from, const std::string& problem) {
        daemon_.log_.message(Level::error, fmt::format("{}: {}: it is not taken over from the "
                                                       "image before",
                                                       from.key, problem));
    }

    Superdaemon& daemon_;
    Handover& state_;
    std::map<std::string, std::shared_ptr<const ServiceSpec>> next_;  ///< of the file, by key
    std::map<int, std::shared_ptr<Ledger>> ledgers_;
    std::map<int, std::shared_ptr<Inquiry>> inquiries_;
    std::map<int, std::shared_ptr<ErrorOutput>> error_outputs_;
    std::map<std::string, std::shared_ptr<CredentialDirectory>> credentials_;
    /// By the descriptors of its name spaces.
    std::map<std::array<int, 3>, std::shared_ptr<const Sandbox>> sandboxes_;
    std::map<std::string, InquiringService> inquiring_;  ///< by key
    std::set<int> taken_;
};

std::unique_ptr<Superdaemon::Service> Superdaemon::Intake::belongings(Handover::Service& from) {
    auto made = std::make_unique<Service>();
    made->spec = read_dump(from.specification).services.at(0);
    if (from.ledger.number >= 0) {
        made->ledger = once(ledgers_, from.ledger.number, [&] {
            return std::make_shared<Ledger>(take_shared(from.ledger), from.ledger_seed);
        });
        daemon_.limited_ = true;
    }
    if (from.asking.number >= 0) {
        made->inquiry = once(inquiries_, from.asking.number, [&] {
            return std::make_shared<Inquiry>(take_shared(from.asking), take_shared(from.inlet));
        });
        inquiring_[from.key] = {made->spec, made->inquiry};
    }
    if (from.error_reader.number >= 0)
        made->error_output = once(error_outputs_, from.error_reader.number, [&] {
            auto ends = std::pair(take_shared(from.error_reader), take_shared(from.error_writer));
            return std::make_shared<ErrorOutput>(
                daemon_.loop_,
                [log = &daemon_.log_, spec = made->spec](const std::string& line) {
                    log->program_line(*spec, line);
                },
                std::move(ends), from.error_line);
        });
    if (!from.credentials.empty())
        made->credentials = once(credentials_, from.credentials, [&] {
            return std::make_shared<CredentialDirectory>(
                CredentialDirectory::Former{from.credentials});
        });
    const std::array named{from.mount.number, from.network.number, from.landlock.number};
    if (*std::max_element(named.begin(), named.end()) >= 0)
        made->sandbox = once(sandboxes_, named, [&] {
            return make_sandbox(*made->spec,
                                Namespaces{take_shared(from.mount), take_shared(from.network),
                                           take_shared(from.landlock)});
        });
    return made;
}

void Superdaemon::Intake::take_services() noexcept {
    std::vector<std::pair<Handover::Service*, std::unique_ptr<Service>>> all;
    const auto attempt = [this](Handover::Service& from, auto&& step) {
        try {
            step();
        } catch (const std::exception& problem) {
            complain(from, problem.what());
        }
    };
    // What each knows of the others is known before the first one begins by it.
    daemon_.configuration_.services.clear();
    for (Handover::Service& from : state_.services)
        attempt(from, [&] {
            all.emplace_back(&from, belongings(from));
            daemon_.configuration_.services.push_back(all.back().second->spec);
        });
    for (auto& one : all) attempt(*one.first, [&] { place(*one.first, std::move(one.second)); });
}

void Superdaemon::Intake::place(Handover::Service& from, std::unique_ptr<Service> taken) {
    Service& placed = *taken;
    // Where it is as the file has it, it is where the file has it.
    const std::string key = placed.spec->key();
    if (key != from.key) daemon_.inheritance_.rename_handed(from.key, key);
    const auto same = next_.find(key);
    if (same != next_.end() && *same->second == *placed.spec) placed.spec = same->second;
    placed.dispatcher = make_dispatcher(daemon_.runtime_, daemon_.assignment(placed));
    daemon_.open_sockets(placed);
    const std::vector<ListeningSocket> sockets = placed.sockets->sockets();
    placed.dispatcher->take_over(from.dispatcher, sockets);
    if (!placed.spec->tcpmux) placed.dispatcher->serve(sockets);
    // Who stays has the sockets of before, and not what could be bound just now.
    if (placed.spec->is_resident() && placed.sockets->has_bound())
        placed.dispatcher->serve(sockets);
    daemon_.services_[key] = std::move(taken);
}

/// What lives is counted, recorded and waited for. Who is admitted and waits for a program
/// (`intercept`), or waits in a backlog, is still to have one.
void Superdaemon::Intake::take_draining(Handover::Service& from) noexcept {
    try {
        const auto taken = belongings(from);
        const std::string key = taken->spec->key();
        auto dispatcher = make_dispatcher(daemon_.runtime_, daemon_.assignment(*taken));
        if (from.sockets.empty()) {
            dispatcher->take_over(from.dispatcher, {});
        } else {
            daemon_.inheritance_.take_over(from.sockets);
            daemon_.inheritance_.rename_handed(from.key, key);
            daemon_.open_sockets(*taken);
            const std::vector<ListeningSocket> sockets = taken->sockets->sockets();
            dispatcher->take_over(from.dispatcher, sockets);
            dispatcher->serve(sockets);
        }
        daemon_.drain(key, taken->spec, *taken, std::move(dispatcher), std::move(taken->sockets));
    } catch (const std::exception& problem) {
        complain(from, problem.what());
    }
}

void Superdaemon::Intake::take_inquirer(Handover::Inquirer& from) {
    InquirerProcess::Handed handed{.child = std::move(from.child), .services = {}};
    for (const std::string& key : from.services) {
        const auto found = inquiring_.find(key);
        if (found == inquiring_.end()) break;  // its numbers end here
        handed.services.push_back(found->second);
    }
    daemon_.inquirer_.take_over(handed);
}

void Superdaemon::Intake::take_announcer(Announcer& announcer) {
    const auto found = state_.announcers.find(announcer.name());
    if (found != state_.announcers.end()) announcer.take_over(found->second);
}

void Superdaemon::Intake::finish() noexcept {
    std::set<int> closed;
    for (HandedFd* left : state_.descriptors()) {
        // Named a second time by who shares it, or could not be taken over.
        const int number = left->number;
        if (taken_.contains(number) || !closed.insert(number).second)
            left->number = -1;
        else
            left->take();
    }
}

void Superdaemon::take_over(Handover& state, const Configuration& next) {
    configuration_.daemon = read_dump(state.daemon).daemon;
    configuration_.broken.clear();
    cgroups_.open(cgroup_root(configuration_.daemon.cgroup));
    if (!pid_file_.problem().empty()) log_.message(Level::warning, pid_file_.problem());
    boards_.take_over(state.boards);
    if (state.denied.number >= 0) sensors_.take_over(state.denied.take());
    Intake intake(*this, state, next);
    // What a service and its former sessions share goes by the service's rules: it comes last. So
    // do its sockets, as the former ones have the same key.
    for (Handover::Service& one : state.draining) intake.take_draining(one);
    inheritance_.take_over(state.sockets);
    intake.take_services();
    for (Handover::Inquirer& one : state.inquirers) intake.take_inquirer(one);
    for (Announcer* announcer : announcers()) intake.take_announcer(*announcer);
    intake.finish();
    inheritance_.release_handed();
    note_what_is_served();
    announce();
    std::string change = "the configuration is broken and stays as it was; " + summary();
    if (!next.fatal) change = go_over_to(next);
    report_inheritance();
    brief_inquirer();
    cgroups_.sweep();
    // Whoever ended meanwhile told the image before.
    around_.schedule(0);
    log_.message(next.fatal ? Level::error : Level::notice,
                 fmt::format("upgraded from minetd {} to minetd " MINETD_VERSION ": {}",
                             state.version, change));
    for (const pid_t asker : state.askers) answer(asker, Answer::done);
    notifications_.upgraded();
}

}  // namespace minetd
