// SPDX-License-Identifier: ISC
#include "mpm/shown_boards.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace minetd {
namespace {

constexpr auto relaxed = std::memory_order_relaxed;
constexpr std::uint32_t places_max = 1 << 20;

/// A board is only mapped where its file is as large as its card says: beyond it is SIGBUS.
bool fits(const BoardCard& card, int fd) noexcept {
    struct stat status;
    return card.servers > 0 && card.threads > 0 &&
           std::uint64_t{card.servers} * card.threads <= places_max && ::fstat(fd, &status) == 0 &&
           static_cast<std::uint64_t>(status.st_size) >= card.size().bytes();
}

char letter_of(WorkerState state, bool leaving) noexcept {
    switch (state) {
        case WorkerState::starting:
        case WorkerState::ready:
        case WorkerState::reading:
        case WorkerState::writing:
        case WorkerState::keepalive:
        case WorkerState::closing:
            return leaving ? 'G' : static_cast<char>(state);
        default:
            return '.';  // whatever a server wrote there
    }
}

/// What a server may be writing just now, or have filled with anything.
std::string client_of(const Scoreboard::ThreadLine& line) {
    SocketAddress peer;
    std::memcpy(&peer.v6, line.peer, sizeof line.peer);
    const socklen_t length = line.peer_length;
    const int family = peer.any.sa_family;
    if (family == AF_INET && length == sizeof(sockaddr_in))
        peer.length = length;
    else if (family == AF_INET6 && length == sizeof(sockaddr_in6))
        peer.length = length;
    return peer.is_ip() ? peer.host() : std::string();
}

std::int64_t seconds_since(Milliseconds moment, Milliseconds now) noexcept {
    return moment <= 0 || moment > now ? 0 : (now - moment) / 1000;
}

status::Worker worker_of(const Scoreboard::ThreadLine& line, bool leaving, Milliseconds now) {
    status::Worker worker;
    worker.letter = letter_of(line.state.load(relaxed), leaving);
    worker.connections = line.accesses.load(relaxed);
    worker.requests = line.requests.load(relaxed);
    worker.bytes = line.bytes.load(relaxed);
    worker.busy_ms = line.busy.load(relaxed);
    const Milliseconds began = line.began.load(relaxed), ended = line.ended.load(relaxed);
    if (began > 0 && began <= now) {
        worker.last_began_s = (now - began) / 1000;
        worker.last_took_ms = (ended >= began && ended <= now ? ended : now) - began;
        worker.client = client_of(line);
    }
    return worker;
}

/// User and system time of a process (proc(5)); the pid is only what a server says.
void note_cpu(status::Server& server) noexcept {
    char path[32], text[1024];
    std::snprintf(path, sizeof path, "/proc/%d/stat", server.pid);
    const UniqueFd file(::open(path, O_RDONLY | O_CLOEXEC));
    const ssize_t size = file ? ::read(file.get(), text, sizeof text - 1) : -1;
    if (size <= 0) return;
    text[size] = '\0';
    const char* const name_end = std::strrchr(text, ')');
    unsigned long user = 0, system = 0;
    if (name_end == nullptr ||
        std::sscanf(name_end + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
                    &system) != 2)
        return;
    const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    server.cpu_user = static_cast<double>(user) / ticks;
    server.cpu_system = static_cast<double>(system) / ticks;
}

void add_servers(const Scoreboard& board, const BoardCard& card, status::Service& service) {
    const Milliseconds now = monotonic_ms();
    for (unsigned slot = 0; slot < board.servers(); ++slot) {
        const Scoreboard::ServerLine& line = board.server(slot);
        const unsigned threads = std::min(line.threads.load(relaxed), board.threads());
        if (threads == 0) continue;
        status::Server server;
        server.pid = std::max(0, line.pid.load(relaxed));
        server.generation = card.generation;
        server.accepting = line.accepting.load(relaxed);
        server.leaving = line.leaving.load(relaxed) || line.retiring.load(relaxed);
        server.connections = line.connections.load(relaxed);
        server.waiting = line.waiting.load(relaxed);
        server.writing = line.writing.load(relaxed);
        server.keepalive = line.keepalive.load(relaxed);
        server.closing = line.closing.load(relaxed);
        server.began_s = seconds_since(line.began.load(relaxed), now);
        if (server.pid > 0) note_cpu(server);
        server.workers.reserve(threads);
        for (unsigned i = 0; i < threads; ++i)
            server.workers.push_back(worker_of(board.thread(slot, i), server.leaving, now));
        service.servers.push_back(std::move(server));
    }
}

/// The first place has the count, each of the others a session.
void add_sessions(const Scoreboard& board, status::Service& service) {
    const Milliseconds now = monotonic_ms();
    service.running += board.server(0).connections.load(relaxed);
    for (unsigned place = 1; place < board.servers(); ++place) {
        const Scoreboard::ServerLine& line = board.server(place);
        const int pid = line.pid.load(std::memory_order_acquire);
        if (pid <= 0) continue;
        service.sessions.push_back({.pid = pid,
                                    .began_s = seconds_since(line.began.load(relaxed), now),
                                    .client = client_of(board.thread(place, 0))});
    }
}

void add_board(const Scoreboard& board, const BoardCard& card, status::Service& service) {
    const Scoreboard::Totals totals = board.totals();
    service.connections += totals.accesses;
    service.requests += totals.requests;
    service.bytes += totals.bytes;
    service.refused += totals.refused;
    service.busy_ms += totals.busy;
    service.backlog = board.backlog();
    service.backlog_peak = std::max(service.backlog_peak, board.backlog_peak());
    if (card.kind == BoardCard::Kind::programs)
        add_sessions(board, service);
    else if (card.pid != 0)
        add_servers(board, card, service);
}

}  // namespace

ShownBoards::ShownBoards() {
    char name[256] = {};
    if (::gethostname(name, sizeof name - 1) == 0) host_ = name;
    struct stat status;
    if (::stat("/proc/self/exe", &status) == 0) built_ = status.st_mtime;
}

void ShownBoards::hear(const ControlMessage& message, UniqueFd attached) noexcept {
    const std::lock_guard held(lock_);
    if (message.kind == ControlMessage::Kind::board_gone) {
        boards_.erase(message.number);
    } else if (message.kind == ControlMessage::Kind::daemon) {
        configuration_ = message.number;
        began_ = message.began;
    } else if (message.kind == ControlMessage::Kind::usage) {
        UsageFiles& files = usages_[message.text_view()];
        (message.number == 0 ? files.memory : files.tasks) = std::move(attached);
    } else if (message.kind == ControlMessage::Kind::usage_gone) {
        usages_.erase(message.text_view());
    } else if (message.kind == ControlMessage::Kind::board) {
        Shown shown{message.board, message.text_view(), nullptr};
        try {
            if (attached && fits(shown.card, attached.get()))
                shown.board =
                    std::make_unique<Scoreboard>(attached.get(), shown.card.size(), false);
        } catch (const std::exception&) {
            // Without memory for it there is nothing to show.
        }
        boards_.erase(message.number);
        boards_.insert_or_assign(shown.card.number, std::move(shown));
    }
}

bool ShownBoards::complete() const noexcept {
    const std::lock_guard held(lock_);
    return configuration_ != 0;
}

status::Snapshot ShownBoards::snapshot() const {
    status::Snapshot all;
    all.host = host_;
    all.built = built_;
    all.now = std::time(nullptr);
    ::getloadavg(all.load, 3);
    std::map<std::string, status::Service> services;
    const std::lock_guard held(lock_);
    all.began = began_;
    all.configuration = configuration_;
    // The younger board of a service says what the service is.
    for (const auto& [number, shown] : boards_) {
        status::Service& service = services[shown.service];
        service.key = shown.service;
        service.id = shown.card.id;
        service.mpm = shown.card.mpm;
        service.protocol = shown.card.protocol;
        service.port = static_cast<std::uint16_t>(shown.card.port);
        service.asynchronous = shown.card.asynchronous != 0;
        service.program = shown.card.kind == BoardCard::Kind::programs;
        service.generation = std::max(service.generation, shown.card.generation);
        service.most = shown.card.most;
        if (shown.board) add_board(*shown.board, shown.card, service);
    }
    for (auto& [key, service] : services) {
        if (const auto usage = usages_.find(key); usage != usages_.end()) {
            service.memory_current = current_usage(usage->second.memory.get());
            service.tasks_current = current_usage(usage->second.tasks.get());
        }
        all.services.push_back(std::move(service));
    }
    return all;
}

}  // namespace minetd
