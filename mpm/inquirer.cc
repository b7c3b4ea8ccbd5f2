// SPDX-License-Identifier: ISC
#include "mpm/inquirer.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <list>
#include <set>

#include "daemon/os/host_names.h"
#include "daemon/os/identity.h"
#include "daemon/os/signals.h"
#include "daemon/policy/name_rules.h"
#include "mpm/ident_query.h"
#include "mpm/lookups.h"

namespace minetd {
namespace {

constexpr int questions_a_turn = 32;
/// Without a superdaemon: longer than a server takes from accepting to asking.
constexpr Milliseconds orphan_life = 2000;

/// Questions that can be open at once: each takes two descriptors, its answer's and a query's, and
/// there must always be one for the next that is read.
std::size_t room_for_questions() noexcept {
    constexpr rlim_t others = 128, most = 4096;
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    return std::clamp<rlim_t>(limit.rlim_cur, others + 32, others + 2 * most) / 2 - others / 2;
}

class Inquirer {
  public:
    Inquirer(const std::vector<InquiringService>& services, Channel& control);
    int run();

  private:
    /// A question, until all that it asks for is known.
    struct Case {
        std::uint32_t service = 0;
        Question question;
        Channel reply;
        Answers answers;
        KnownNames names;
        unsigned outstanding = 1;  ///< look-ups; 1 is held by open() itself
        std::unique_ptr<IdentQuery> ident;
        bool closed = false;
    };

    void listen(std::uint32_t service) noexcept;
    void open(std::uint32_t service, const Question& question, UniqueFd reply);
    bool take_place(std::uint32_t service, const Question& question) noexcept;
    void give_place_back(const Case& open) noexcept;
    void find_names(const std::shared_ptr<Case>& open);
    void ask_libwrap(const std::shared_ptr<Case>& open);
    void ask_ident(const std::shared_ptr<Case>& open);
    void identified(Case& open, const Identified& who) noexcept;
    void settle(const std::shared_ptr<Case>& open) noexcept;
    void sweep() noexcept;
    void note_file(std::uint32_t service, const Finding& finding);
    void note_host(const ServiceSpec& spec, const std::string& host, bool known);
    void on_control() noexcept;
    void drain() noexcept;

    const std::vector<InquiringService>& services_;
    Channel& control_;
    EventLoop loop_;
    Lookups lookups_;
    SignalEvents signals_;
    ChildSignal child_signal_;
    FdEvent control_event_;
    std::vector<std::unique_ptr<FdEvent>> inlet_events_;
    std::list<std::shared_ptr<Case>> cases_;
    const std::size_t room_ = room_for_questions();
    std::size_t waiting_ = 0, recorded_ = 0;  ///< open cases with an asker, and without
    std::vector<std::size_t> waiting_of_;     ///< by service
    std::set<std::string> unknown_hosts_;     ///< of which it was said that they are
    std::vector<std::string> unreadable_of_;  ///< by service: the file that was last told of
    Timer sweep_, leave_;
    bool draining_ = false;
};

Inquirer::Inquirer(const std::vector<InquiringService>& services, Channel& control)
    : services_(services),
      control_(control),
      lookups_(loop_),
      signals_(loop_,
               [this](int signal, pid_t, int) {
                   if (signal == SIGTERM) loop_.stop();
               }),
      child_signal_(loop_, [this] { lookups_.reap(); }),
      control_event_(loop_, control.fd(), [this] { on_control(); }),
      waiting_of_(services.size()),
      unreadable_of_(services.size()),
      sweep_(loop_, [this] { sweep(); }),
      leave_(loop_, [this] { drain(); }) {
    for (std::uint32_t i = 0; i < services.size(); ++i) {
        inlet_events_.push_back(std::make_unique<FdEvent>(loop_, services[i].inquiry->inlet(),
                                                          [this, i] { listen(i); }));
        inlet_events_.back()->enable();
    }
    control_event_.enable();
}

int Inquirer::run() {
    send_control(control_, ControlMessage::Kind::ready);
    loop_.run();
    return EX_OK;
}

void Inquirer::on_control() noexcept {
    const bool goes_on =
        receive_controls(control_, [this](const ControlMessage& message, UniqueFd) {
            if (message.kind == ControlMessage::Kind::drain) drain();
        });
    if (goes_on) return;
    // Servers finish what they have accepted, and may still ask about it.
    control_event_.disable();
    leave_.schedule(orphan_life);
}

void Inquirer::drain() noexcept {
    draining_ = true;
    for (const auto& event : inlet_events_) event->disable();
    if (cases_.empty()) loop_.stop();
}

void Inquirer::listen(std::uint32_t service) noexcept {
    for (int budget = questions_a_turn; budget > 0; --budget) {
        Question question;
        UniqueFd reply;
        switch (services_[service].inquiry->receive(question, reply)) {
            case Channel::Received::nothing:
                return;
            case Channel::Received::end:
                // A process of the service does not speak as it should: the service has no answers
                // any more, and nobody else is worse off.
                return inlet_events_[service]->disable();
            case Channel::Received::message:
                open(service, question, std::move(reply));
        }
    }
}

void Inquirer::open(std::uint32_t service, const Question& question, UniqueFd reply) {
    const ServiceSpec& spec = *services_[service].spec;
    // Its asker does not wait any more, or there are too many: unknown.
    if (question.wanted != 0 && monotonic_ms() - question.asked > patience_for(spec)) return;
    if (!take_place(service, question)) return;
    const auto open = std::make_shared<Case>();
    open->service = service;
    open->question = question;
    open->question.peer = unmapped(question.peer);
    open->question.local = unmapped(question.local);
    open->reply = Channel(std::move(reply));
    cases_.push_back(open);
    if ((question.wanted & inquire_name) != 0) find_names(open);
    if ((question.wanted & inquire_libwrap) != 0 && !spec.libwrap.empty()) ask_libwrap(open);
    if ((question.wanted & inquire_ident) != 0 || question.userid) ask_ident(open);
    settle(open);
}

/// No service has all places, and what is for the record only has a few.
bool Inquirer::take_place(std::uint32_t service, const Question& question) noexcept {
    if (question.wanted == 0) return recorded_ < room_ / 4 && ++recorded_ > 0;
    if (waiting_ >= room_ / 4 * 3 || waiting_of_[service] >= room_ / 2) return false;
    ++waiting_;
    ++waiting_of_[service];
    return true;
}

void Inquirer::give_place_back(const Case& open) noexcept {
    if (open.question.wanted == 0) {
        --recorded_;
        return;
    }
    --waiting_;
    --waiting_of_[open.service];
}

void Inquirer::find_names(const std::shared_ptr<Case>& open) {
    const ServiceSpec& spec = *services_[open->service].spec;
    if (needs_name_of_peer(spec.access)) {
        Lookup lookup{.kind = Lookup::Kind::name, .peer = open->question.peer};
        ++open->outstanding;
        lookups_.find(lookup, [this, open](const Finding& finding) {
            open->names.peer = finding.name;
            settle(open);
        });
    }
    for (const std::string& host : named_hosts(spec.access)) {
        Lookup lookup{.kind = Lookup::Kind::addresses};
        if (!lookup.set_subject(host)) continue;
        ++open->outstanding;
        lookups_.find(lookup, [this, open, host](const Finding& finding) {
            open->names.hosts[host] = finding.list();
            if (finding.more) open->names.partly.insert(host);
            note_host(*services_[open->service].spec, host, finding.count > 0);
            settle(open);
        });
    }
}

void Inquirer::ask_libwrap(const std::shared_ptr<Case>& open) {
    Lookup lookup{
        .kind = Lookup::Kind::libwrap, .peer = open->question.peer, .local = open->question.local};
    if (!lookup.set_subject(services_[open->service].spec->libwrap)) return;
    ++open->outstanding;
    lookups_.find(lookup, [this, open](const Finding& finding) {
        open->answers.libwrap = finding.admitted ? Verdict::allow : Verdict::deny;
        note_file(open->service, finding);
        settle(open);
    });
}

void Inquirer::ask_ident(const std::shared_ptr<Case>& open) {
    const Milliseconds patience = services_[open->service].spec->ident_timeout * Milliseconds{1000};
    ++open->outstanding;
    open->ident =
        std::make_unique<IdentQuery>(loop_, open->question.peer, open->question.local, patience,
                                     [this, asking = std::weak_ptr(open)](const Identified& who) {
                                         const auto held = asking.lock();
                                         if (!held) return;
                                         identified(*held, who);
                                         settle(held);
                                     });
}

void Inquirer::identified(Case& open, const Identified& who) noexcept {
    open.answers.ident = who.known ? Verdict::allow : Verdict::deny;
    const bool refuses = (open.question.wanted & inquire_ident) != 0;
    // As xinetd has it: that somebody was not identified is told where it matters.
    if (!open.question.userid || (!who.known && !refuses)) return;
    ControlMessage message;
    message.kind = ControlMessage::Kind::record;
    message.number = open.service;
    message.record = ident_record(who.known ? Record::Kind::userid : Record::Kind::noid, who.text,
                                  open.question.peer);
    send_control(control_, message);
}

/// One thing less is outstanding; with the last one the answer is sent.
void Inquirer::settle(const std::shared_ptr<Case>& open) noexcept {
    if (--open->outstanding > 0) return;
    if ((open->question.wanted & inquire_name) != 0)
        if (const auto bits = bits_of(open->question.peer))
            open->answers.name =
                decide_by_names(services_[open->service].spec->access, *bits, open->names);
    if (open->reply) open->reply.send(&open->answers, sizeof open->answers);
    open->reply.close();
    give_place_back(*open);
    open->closed = true;
    // Not here: its own query may be the caller.
    if (!sweep_.pending()) sweep_.schedule(0);
}

void Inquirer::sweep() noexcept {
    std::erase_if(cases_, [](const auto& open) { return open->closed; });
    if (draining_ && cases_.empty()) loop_.stop();
}

/// Told once, until somebody is admitted again.
void Inquirer::note_file(std::uint32_t service, const Finding& finding) {
    std::string& told = unreadable_of_[service];
    if (finding.admitted) told.clear();
    if (finding.name[0] == '\0' || told == finding.name) return;
    told = finding.name;
    const ServiceSpec& spec = *services_[service].spec;
    Reporter(control_, spec)
        .log(Level::warning, fmt::format("{}: libwrap refuses everybody: its decision takes in {}, "
                                         "which user {} may not read",
                                         spec.id, told, ::geteuid()));
}

void Inquirer::note_host(const ServiceSpec& spec, const std::string& host, bool known) {
    if (known) {
        unknown_hosts_.erase(host);
        return;
    }
    constexpr std::size_t most = 1000;
    if (unknown_hosts_.size() >= most || !unknown_hosts_.insert(host).second) return;
    const bool refused = std::any_of(spec.access.no_access.begin(), spec.access.no_access.end(),
                                     [&](const AccessRule& rule) { return rule.name == host; });
    Reporter(control_, spec)
        .log(
            Level::warning,
            fmt::format(
                "{}: no address of the host {} is known: until there is one, {}", spec.id, host,
                refused ? "no_access refuses everybody" : "only_from lets nobody in by that name"));
}

}  // namespace

int run_inquirer(const std::vector<InquiringService>& services, Channel& control) {
    if (::chdir("/") < 0) return EX_OSERR;
    assume_identity(own_identity());
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    return Inquirer(services, control).run();
}

}  // namespace minetd
