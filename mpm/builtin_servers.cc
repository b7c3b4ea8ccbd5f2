// SPDX-License-Identifier: ISC
#include "mpm/builtin_servers.h"

#include <sys/wait.h>
#include <sysexits.h>

#include <system_error>

#include "daemon/os/process.h"
#include "daemon/os/signals.h"
#include "services/random_numbers.h"

namespace minetd {
namespace {

/// News of boards that come together are told together; what did not fit is told again.
constexpr Milliseconds tell_delay = 10, tell_again = 100;

}  // namespace

BuiltinServers::BuiltinServers(Pool& pool, const Assignment& job, ServeLoop serve)
    : pool_(pool), job_(job), serve_(serve), links_(pool.slots()), tell_(pool.loop(), [this] {
          tell_boards();
      }) {
    if (job.spec->is_datagram()) budget_.emplace(random_seed());
}

pid_t BuiltinServers::start(unsigned slot) noexcept {
    try {
        std::vector<int> keep{pool_.wake_fd()};
        for (const ListeningSocket& socket : pool_.sockets()) keep.push_back(socket.fd);
        if (job_.admission && job_.admission->inquiry() != nullptr)
            keep.push_back(job_.admission->inquiry()->asking_fd());
        if (job_.sandbox && job_.sandbox->namespaces.landlock)
            keep.push_back(job_.sandbox->namespaces.landlock.get());
        ForkedChild child =
            fork_with_channel("minetd:" + job_.spec->id, keep, [&](Channel& control) {
                unblock_signals();
                try {
                    confine_server(job_.sandbox.get());
                    return serve_({.spec = job_.spec,
                                   .context = job_.context,
                                   .sockets = pool_.sockets(),
                                   .admission = job_.admission.get(),
                                   .control = control,
                                   .scoreboard = &pool_.scoreboard(),
                                   .slot = slot,
                                   .budget = budget_ ? &*budget_ : nullptr});
                } catch (const std::exception& problem) {
                    Reporter(control, *job_.spec)
                        .log(Level::error, job_.spec->id + ": " + problem.what());
                    return EX_OSERR;
                }
            });
        Link& link = links_[slot];
        link.channel = std::move(child.channel);
        link.event = std::make_unique<FdEvent>(pool_.loop(), link.channel.fd(),
                                               [this, slot] { listen(slot); });
        link.event->enable();
        link.ready = link.leaving = link.told_to_leave = false;
        link.feed = BoardFeed();
        if (boards_.configuration != 0) tell_boards();
        return child.pid;
    } catch (const std::system_error& problem) {
        return -problem.code().value();
    } catch (const std::exception&) {
        return -ENOMEM;
    }
}

void BuiltinServers::listen(unsigned slot, int most) noexcept {
    Link& link = links_[slot];
    const auto take = [&](ControlMessage& message, UniqueFd attached) {
        hear(slot, message, attached.get());
    };
    // The end of the process itself is heard by SIGCHLD.
    if (!receive_controls(link.channel, take, most)) link.event->disable();
}

void BuiltinServers::hear(unsigned slot, ControlMessage& message, int attached) noexcept {
    Link& link = links_[slot];
    switch (message.kind) {
        case ControlMessage::Kind::ready:
            link.ready = true;
            return why_none_starts_.clear();
        case ControlMessage::Kind::log: {
            if (link.ready) break;
            std::string why = message.text_view();
            if (why == why_none_starts_) return;
            why_none_starts_ = std::move(why);
            break;
        }
        case ControlMessage::Kind::record:
            // Who speaks is known by the descriptor.
            message.record.pid = pool_.server(slot).pid;
            break;
        case ControlMessage::Kind::pass:
            return ask_to_pass(slot, message, attached);
        default:
            break;
    }
    send_control(pool_.control(), message, attached);
}

void BuiltinServers::ask_to_pass(unsigned slot, ControlMessage& message, int connection) noexcept {
    const std::uint32_t theirs = message.number;
    do {
        message.number = ++last_asked_;
    } while (message.number == 0 || asked_.contains(message.number));
    if (send_control(pool_.control(), message, connection)) {
        asked_[message.number] = {slot, pool_.server(slot).pid, theirs};
        return;
    }
    message.kind = ControlMessage::Kind::declined;
    message.number = theirs;
    send_control(links_[slot].channel, message);
}

void BuiltinServers::answer(const ControlMessage& message) noexcept {
    const auto found = asked_.find(message.number);
    if (found == asked_.end()) return;
    const Asked asked = found->second;
    asked_.erase(found);
    Link& link = links_[asked.slot];
    if (pool_.server(asked.slot).pid != asked.pid || !link.channel) return;
    ControlMessage forward;
    forward.kind = message.kind;
    forward.number = asked.number;
    send_control(link.channel, forward);
}

void BuiltinServers::hear_board(const ControlMessage& message, UniqueFd attached) noexcept {
    boards_.hear(message, std::move(attached));
    // What comes first is told when it is complete.
    if (boards_.configuration != 0 && !tell_.pending()) tell_.schedule(tell_delay);
}

void BuiltinServers::tell_boards() noexcept {
    bool told = true;
    for (Link& link : links_)
        if (link.channel) told = link.feed.update(boards_, link.channel) && told;
    if (!told && !tell_.pending()) tell_.schedule(tell_again);
}

void BuiltinServers::retire(unsigned slot) noexcept {
    Link& link = links_[slot];
    link.leaving = true;
    if (!link.told_to_leave)
        link.told_to_leave = send_control(link.channel, ControlMessage::Kind::drain);
}

/// Once more to those whose channel had no room for the word to leave.
void BuiltinServers::attend() noexcept {
    for (unsigned slot = 0; slot < pool_.slots(); ++slot)
        if (links_[slot].leaving && !links_[slot].told_to_leave && links_[slot].channel)
            retire(slot);
}

void BuiltinServers::drain() noexcept {
    for (unsigned slot = 0; slot < pool_.slots(); ++slot)
        if (pool_.server(slot).pid != 0 && links_[slot].channel) retire(slot);
}

Ending BuiltinServers::ended(unsigned slot, const Exit& exit) noexcept {
    if (links_[slot].event) listen(slot, messages_left);
    links_[slot].event.reset();
    links_[slot].channel.close();
    links_[slot].leaving = false;
    if (WIFSIGNALED(exit.status)) return Ending::crash;
    return WEXITSTATUS(exit.status) != 0 ? Ending::failed_start : Ending::normal;
}

}  // namespace minetd
