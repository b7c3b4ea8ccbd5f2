// SPDX-License-Identifier: ISC
#include "mpm/builtin_servers.h"

#include <sys/wait.h>

#include <csignal>

#include "daemon/os/process.h"

namespace minetd {

BuiltinServers::BuiltinServers(Pool& pool, const Assignment& job,
                               std::vector<ListeningSocket> sockets, ServeLoop serve)
    : pool_(pool), job_(job), sockets_(std::move(sockets)), serve_(serve), links_(pool.slots()) {}

pid_t BuiltinServers::start(unsigned slot) noexcept {
    try {
        auto [ours, theirs] = Channel::pair();
        std::vector<int> keep{theirs.fd(), pool_.wake_fd()};
        for (const ListeningSocket& socket : sockets_) keep.push_back(socket.fd);
        Channel* const control = &theirs;
        const std::string title = "minetd:" + job_.spec->id;
        const pid_t pid = fork_process(title.c_str(), keep, [this, slot, control] {
            sigset_t none;
            sigemptyset(&none);
            sigprocmask(SIG_SETMASK, &none, nullptr);
            return serve_({.spec = job_.spec,
                           .context = job_.context,
                           .sockets = sockets_,
                           .ledger = job_.ledger.get(),
                           .control = *control,
                           .scoreboard = &pool_.scoreboard(),
                           .slot = slot});
        });
        if (pid < 0) return -errno;
        links_[slot].channel = std::move(ours);
        links_[slot].event = std::make_unique<FdEvent>(pool_.loop(), links_[slot].channel.fd(),
                                                       [this, slot] { on_message(slot); });
        links_[slot].event->enable();
        return pid;
    } catch (const std::exception&) {
        return -ENOMEM;
    }
}

void BuiltinServers::on_message(unsigned slot) noexcept {
    for (int budget = 32; budget > 0; --budget) {
        ControlMessage message;
        UniqueFd attached;
        switch (receive_control(links_[slot].channel, message, attached)) {
            case Channel::Received::nothing:
                return;
            case Channel::Received::end:
                // The end of the process itself is heard by SIGCHLD.
                links_[slot].event->disable();
                return;
            case Channel::Received::message:
                break;
        }
        if (message.kind == ControlMessage::Kind::ready) continue;
        if (message.kind == ControlMessage::Kind::record) {
            // Who speaks is known by the descriptor.
            message.record.pid = pool_.server(slot).pid;
        }
        if (message.kind == ControlMessage::Kind::pass) message.number = slot + 1;
        if (!send_control(pool_.control(), message, attached.get()) &&
            message.kind == ControlMessage::Kind::pass) {
            message.kind = ControlMessage::Kind::declined;
            message.number = 1;
            send_control(links_[slot].channel, message);
        }
    }
}

void BuiltinServers::answer(const ControlMessage& message) noexcept {
    if (message.number == 0 || message.number > links_.size()) return;
    Link& link = links_[message.number - 1];
    ControlMessage forward;
    forward.kind = message.kind;
    forward.number = 1;
    if (link.channel) send_control(link.channel, forward);
}

bool BuiltinServers::retire(unsigned slot) noexcept {
    ControlMessage message;
    message.kind = ControlMessage::Kind::drain;
    send_control(links_[slot].channel, message);
    return true;
}

void BuiltinServers::drain() noexcept {
    for (unsigned slot = 0; slot < pool_.slots(); ++slot)
        if (pool_.server(slot).pid != 0 && links_[slot].channel) retire(slot);
}

bool BuiltinServers::ended(unsigned slot, const Exit& exit) noexcept {
    if (links_[slot].event) on_message(slot);
    links_[slot].event.reset();
    links_[slot].channel.close();
    return WIFEXITED(exit.status) && WEXITSTATUS(exit.status) != 0;
}

}  // namespace minetd
