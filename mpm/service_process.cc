// SPDX-License-Identifier: ISC
#include "mpm/service_process.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>

#include "daemon/os/system_error.h"
#include "mpm/inner_sockets.h"
#include "mpm/pool.h"
#include "mpm/single.h"
#include "services/registry.h"

namespace minetd {
namespace {

constexpr Milliseconds settle_delay = 100;
/// News of boards that come together are told together.
constexpr Milliseconds tell_delay = 10, tell_again = 100;

BoardSize size_of_board(const ServiceSpec& spec) noexcept {
    return spec.is_pool() ? board_size(shape_of(spec)) : single_board;
}

BoardCard card_of(const ServiceSpec& spec) {
    const auto kind = spec.is_pool() ? BoardCard::Kind::pool : BoardCard::Kind::process;
    return card_of(spec, kind, size_of_board(spec));
}

/// Boards that may be told: a process without a descriptor left could not hear anything else.
std::size_t most_boards(const ServiceSpec& spec) noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) < 0) return 0;
    for (const ResourceLimit& own : spec.rlimits)
        if (own.resource == RLIMIT_NOFILE) limit.rlim_cur = own.value;
    return std::min<std::size_t>(limit.rlim_cur / 2, 4096);
}

}  // namespace

ServiceProcess::ServiceProcess(Runtime& runtime, Assignment assignment, ProcessBody body,
                               Start when)
    : runtime_(runtime),
      job_(std::move(assignment)),
      body_(body),
      when_(when),
      restart_(runtime, [this] { update(); }),
      settle_(runtime.loop, [this] { settle_claims(); }),
      tell_(runtime.loop, [this] { tell_boards(); }),
      drain_again_(runtime.loop, [this] { drain_again(); }) {
    runtime_.boards.enlist(*this);
    // What it had counted is on a board at once: there may be no process for long.
    if (runtime_.boards.recalls(job_.spec->key())) show_board();
    read_boards();
}

ServiceProcess::~ServiceProcess() {
    runtime_.boards.dismiss(*this);
    if (reading_) runtime_.boards.end_reading(*this);
    for (const auto& process : processes_) runtime_.boards.retire(process->board);
}

void ServiceProcess::serve(std::vector<ListeningSocket> sockets) {
    // A process cannot be given other sockets than those it began with: the next one gets them.
    // Before the first time there are only those of a former image, and they have these.
    if (accepting_) replace(job_.spec->is_resident());
    watches_.clear();
    sockets_ = std::move(sockets);
    for (const ListeningSocket& socket : sockets_)
        watches_.push_back(
            std::make_unique<FdEvent>(runtime_.loop, socket.fd, [this] { start(); }));
    accepting_ = true;
    update();
}

void ServiceProcess::stop_accepting() noexcept {
    accepting_ = false;
    watches_.clear();
    restart_.cancel();
    for (const auto& process : processes_) drain(*process);
}

void ServiceProcess::signal_sessions(int signal) noexcept {
    for (const auto& process : processes_) process->child.signal(signal);
}

void ServiceProcess::adopt(Assignment assignment, bool new_servers) {
    // Programs take their time to start. Until the new ones are ready, the old ones serve.
    const bool overlap = job_.spec->is_resident() && assignment.spec->is_resident();
    assignment.says_ready = job_.says_ready && overlap;
    job_ = std::move(assignment);
    read_boards();
    if (!new_servers) return;
    replace(overlap);
    restart_.forget();
    update();
}

/// All are to go; with `overlap` one serves until its successor is ready.
void ServiceProcess::replace(bool overlap) noexcept {
    Process* const kept = overlap ? most_able() : nullptr;
    for (const auto& process : processes_) {
        if (process.get() == kept)
            process->superseded = true;
        else
            drain(*process);
    }
}

/// Who serves while a successor starts: one that is ready, of several the newest.
ServiceProcess::Process* ServiceProcess::most_able() noexcept {
    Process* best = nullptr;
    for (const auto& process : processes_) {
        if (process->draining) continue;
        listen(*process);  // it may have become ready just now
        if (best == nullptr || process->ready || !best->ready) best = process.get();
    }
    return best;
}

bool ServiceProcess::is_served() const noexcept {
    return std::any_of(processes_.begin(), processes_.end(), [](const auto& process) {
        return !process->draining && !process->superseded;
    });
}

/// What has to happen now: start, watch for a first use, or leave the sockets to who serves them.
void ServiceProcess::update() noexcept {
    const bool vacant = accepting_ && !sockets_.empty() && !is_served() && !restart_.pauses();
    if (vacant && when_ == Start::at_once) return start();
    for (const auto& watch : watches_) vacant ? watch->enable() : watch->disable();
}

void ServiceProcess::start() noexcept {
    for (const auto& watch : watches_) watch->disable();
    if (is_served()) return;
    try {
        auto board = std::make_shared<SharedMemory>(size_of_board(*job_.spec).bytes());
        job_.generation = ++generation_;
        auto process = std::make_unique<Process>(*this, fork_child(board->fd()));
        BoardCard card = card_of(*job_.spec);
        card.generation = job_.generation;
        card.pid = static_cast<std::uint32_t>(process->child.pid());
        process->board = runtime_.boards.add(card, job_.spec->key(), std::move(board));
        if (reading_) process->feed = std::make_unique<BoardFeed>(most_boards(*job_.spec));
        processes_.push_back(std::move(process));
        if (reading_) tell_boards();
    } catch (const std::system_error& problem) {
        restart_.start_failed(job_.spec->id, problem.code().value());
    }
}

ForkedChild ServiceProcess::fork_child(int board_fd) {
    job_.board_fd = board_fd;
    std::vector<int> keep{board_fd};
    for (const ListeningSocket& socket : sockets_) keep.push_back(socket.fd);
    if (job_.admission) job_.admission->keep(keep);
    if (job_.plan && job_.plan->stderr_fd >= 0) keep.push_back(job_.plan->stderr_fd);
    // Made by fork(2) of the C library, which has to know of it: it moves as its first act.
    const int cgroup = job_.cgroup ? job_.cgroup->fd() : -1;
    if (job_.cgroup && cgroup < 0) throw_errno("cgroup");
    if (cgroup >= 0) keep.push_back(cgroup);
    if (job_.sandbox) job_.sandbox->keep(keep);
    if (job_.inner)
        for (const ListeningSocket& socket : job_.inner->sockets()) keep.push_back(socket.fd);
    return fork_with_channel("minetd:" + job_.spec->id, keep, [this, cgroup](Channel& control) {
        try {
            if (const int problem = cgroup < 0 ? 0 : join_cgroup(cgroup))
                throw_errno("cannot enter its cgroup", problem);
            if (cgroup >= 0) ::close(cgroup);
            if (job_.admission) job_.admission->remap();
            return body_(job_, sockets_, control);
        } catch (const std::exception& problem) {
            Reporter(control, *job_.spec).log(Level::error, job_.spec->id + ": " + problem.what());
            return EX_OSERR;
        }
    });
}

HandedDispatcher ServiceProcess::hand_over() noexcept {
    HandedDispatcher handed{.generation = generation_, .says_ready = job_.says_ready};
    for (const auto& process : processes_)
        handed.processes.push_back({.child = process->child.hand_over(),
                                    .board = process->board,
                                    .ready = process->ready,
                                    .draining = process->draining,
                                    .superseded = process->superseded,
                                    .user = job_.spec->user,
                                    .group = job_.spec->group});
    return handed;
}

void ServiceProcess::take_over(HandedDispatcher& handed, const std::vector<ListeningSocket>&) {
    generation_ = handed.generation;
    job_.says_ready = handed.says_ready;
    for (HandedProcess& one : handed.processes) {
        auto process = std::make_unique<Process>(*this, one.child.take());
        process->board = one.board;
        process->ready = one.ready;
        // Its code is the former image's: it serves until one of ours is ready. Who watches over a
        // resident program stays, as the program does.
        process->superseded = one.superseded || (!one.draining && !job_.spec->is_resident());
        // The former image may not have got through with the word.
        if (one.draining) drain(*process);
        processes_.push_back(std::move(process));
    }
}

void ServiceProcess::drain(Process& process) noexcept {
    process.draining = true;
    if (process.told_to_drain) return;
    // There is no room for it behind news of boards that were not taken yet.
    process.told_to_drain = send_control(process.child.channel(), ControlMessage::Kind::drain);
    if (!process.told_to_drain) drain_again_.schedule(tell_again);
}

void ServiceProcess::drain_again() noexcept {
    for (const auto& process : processes_)
        if (process->draining) drain(*process);
}

void ServiceProcess::tell(ControlMessage::Kind kind) noexcept {
    for (const auto& process : processes_) send_control(process->child.channel(), kind);
}

void ServiceProcess::listen(Process& process, int most) noexcept {
    const auto take = [&](const ControlMessage& message, UniqueFd attached) {
        hear(process, message, std::move(attached));
    };
    // Its end is heard by SIGCHLD; one that only closed its channel has left us.
    if (!receive_controls(process.child.channel(), take, most)) process.child.stop_listening();
}

void ServiceProcess::hear(Process& process, const ControlMessage& message,
                          UniqueFd attached) noexcept {
    switch (message.kind) {
        case ControlMessage::Kind::ready:
            note_ready(process, message.number == 1);
            break;
        case ControlMessage::Kind::record:
            if (message.record.kind <= Record::Kind::fail ||
                message.record.kind == Record::Kind::traffic)
                runtime_.record(*job_.spec, message.record);
            break;
        case ControlMessage::Kind::log:
            runtime_.log(message.level(), message.text_view());
            break;
        case ControlMessage::Kind::pass:
            pass(process, message, std::move(attached));
            break;
        case ControlMessage::Kind::touched:
            runtime_.touched(*job_.spec, message.record.peer);
            break;
        default:
            break;
    }
}

void ServiceProcess::note_ready(Process& process, bool servers_say_so) noexcept {
    process.ready = true;
    restart_.served();
    if (servers_say_so) job_.says_ready = true;
    if (process.draining || process.superseded) return;
    for (const auto& other : processes_)
        if (other->superseded) drain(*other);
}

void ServiceProcess::pass(Process& process, const ControlMessage& request,
                          UniqueFd connection) noexcept {
    ControlMessage answer;
    answer.number = request.number;
    const bool taken = connection && runtime_.pass(*job_.spec, request.text_view(), connection);
    answer.kind = taken ? ControlMessage::Kind::passed : ControlMessage::Kind::declined;
    send_control(process.child.channel(), answer);
}

void ServiceProcess::on_exit(const Exit& exit) noexcept {
    const auto found = std::find_if(processes_.begin(), processes_.end(), [&](const auto& process) {
        return process->child.pid() == exit.pid;
    });
    if (found == processes_.end()) return;
    listen(**found, messages_left);
    const bool ready = (*found)->ready, draining = (*found)->draining;
    runtime_.boards.retire((*found)->board);
    processes_.erase(found);
    settle_claims();
    if (exit.status != 0 && !draining) restart_.ended(job_.spec->id, exit, ready);
    update();
    if (processes_.empty()) on_last_end();
}

/// Before its first process.
void ServiceProcess::show_board() noexcept {
    const std::string service = job_.spec->key();
    if (!runtime_.boards.has(service)) runtime_.boards.add(card_of(*job_.spec), service, nullptr);
}

void ServiceProcess::read_boards() {
    const bool reads = shows_boards(*job_.spec);
    if (std::exchange(reading_, reads) == reads) return;
    if (reads)
        runtime_.boards.begin_reading(*this);
    else
        runtime_.boards.end_reading(*this);
}

void ServiceProcess::boards_changed() noexcept {
    if (!tell_.pending()) tell_.schedule(tell_delay);
}

void ServiceProcess::tell_boards() noexcept {
    const BoardSet& boards = runtime_.boards.boards();
    for (const auto& process : processes_) {
        if (!process->feed) continue;
        if (!process->feed->update(boards, process->child.channel())) tell_.schedule(tell_again);
        if (process->feed->left_out() == 0 || std::exchange(left_out_, true)) continue;
        runtime_.log(Level::warning,
                     fmt::format("{}: {} services are not shown for want of descriptors; raise its "
                                 "rlimit_files",
                                 job_.spec->id, process->feed->left_out()));
    }
}

void ServiceProcess::on_end(pid_t pid) noexcept {
    if (job_.admission) job_.admission->release_all(pid);
}

void ServiceProcess::settle_claims() noexcept {
    if (job_.admission && !job_.admission->settle()) settle_.schedule(settle_delay);
}

}  // namespace minetd
