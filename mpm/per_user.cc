// SPDX-License-Identifier: ISC
#include "mpm/per_user.h"

#include <algorithm>
#include <iterator>

#include "daemon/os/identity.h"

namespace minetd {

PerUser::PerUser(Runtime& runtime, Assignment assignment, ProcessBody keeper)
    : runtime_(runtime), job_(std::move(assignment)), keeper_(keeper) {
    for (const UserAssignment& one : job_.spec->pool.assign_user)
        static_cast<void>(resolve_identity(one.user, one.group, job_.spec->groups));
}

PerUser::Name PerUser::user_of(const ListeningSocket& socket) const {
    for (const UserAssignment& one : job_.spec->pool.assign_user)
        if (one.address == socket.host) return {one.user, one.group};
    return {job_.spec->user, job_.spec->group};
}

Assignment PerUser::assignment_for(const Name& name) const {
    Assignment job = job_;
    auto spec = std::make_shared<ServiceSpec>(*job_.spec);
    std::tie(spec->user, spec->group) = name;
    spec->pool.assign_user.clear();
    job.spec = std::move(spec);
    return job;
}

void PerUser::distribute(std::optional<bool> new_servers) {
    std::map<Name, std::vector<ListeningSocket>> wanted;
    for (const ListeningSocket& socket : sockets_) wanted[user_of(socket)].push_back(socket);
    for (auto part = parts_.begin(); part != parts_.end();) {
        if (wanted.contains(part->first)) {
            ++part;
            continue;
        }
        part->second.process->stop_accepting();
        former_.push_back(std::move(part->second.process));
        part = parts_.erase(part);
    }
    std::erase_if(former_, [](const auto& process) { return process->sessions() == 0; });
    for (const auto& [name, sockets] : wanted) {
        Part& part = parts_[name];
        std::vector<int> descriptors;
        for (const ListeningSocket& socket : sockets) descriptors.push_back(socket.fd);
        const bool moves = std::exchange(part.sockets, descriptors) != descriptors;
        if (!part.process)
            part.process = std::make_unique<ServiceProcess>(runtime_, assignment_for(name), keeper_,
                                                            ServiceProcess::Start::at_once);
        else if (new_servers)  // who is to have other sockets is replaced for these, once
            part.process->adopt(assignment_for(name), *new_servers && !moves);
        if (moves) part.process->serve(sockets);
    }
}

void PerUser::serve(std::vector<ListeningSocket> sockets) {
    sockets_ = std::move(sockets);
    for (auto& [name, part] : parts_) part.sockets.clear();  // served anew, whatever they are
    distribute();
}

void PerUser::stop_accepting() noexcept {
    for (auto& [name, part] : parts_) part.process->stop_accepting();
}

unsigned PerUser::sessions() const noexcept {
    unsigned count = 0;
    for (const auto& [name, part] : parts_) count += part.process->sessions();
    for (const auto& process : former_) count += process->sessions();
    return count;
}

void PerUser::signal_sessions(int signal) noexcept {
    for (auto& [name, part] : parts_) part.process->signal_sessions(signal);
    for (const auto& process : former_) process->signal_sessions(signal);
}

HandedDispatcher PerUser::hand_over() noexcept {
    HandedDispatcher handed;
    const auto add = [&handed](ServiceProcess& part) {
        HandedDispatcher its = part.hand_over();
        std::move(its.processes.begin(), its.processes.end(), std::back_inserter(handed.processes));
        handed.generation = std::max(handed.generation, its.generation);
    };
    for (auto& [name, part] : parts_) add(*part.process);
    for (const auto& process : former_) add(*process);
    return handed;
}

void PerUser::take_over(HandedDispatcher& handed, const std::vector<ListeningSocket>& sockets) {
    std::map<Name, HandedDispatcher> of_user;
    for (HandedProcess& process : handed.processes) {
        HandedDispatcher& its = of_user[{process.user, process.group}];
        its.generation = handed.generation;
        its.processes.push_back(std::move(process));
    }
    for (auto& [name, its] : of_user) {
        auto part = std::make_unique<ServiceProcess>(runtime_, assignment_for(name), keeper_,
                                                     ServiceProcess::Start::at_once);
        part->take_over(its, sockets);
        parts_[name].process = std::move(part);
    }
}

void PerUser::adopt(Assignment assignment, bool new_servers) {
    for (const UserAssignment& one : assignment.spec->pool.assign_user)
        static_cast<void>(resolve_identity(one.user, one.group, assignment.spec->groups));
    job_ = std::move(assignment);
    distribute(new_servers);
}

}  // namespace minetd
