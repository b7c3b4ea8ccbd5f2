// SPDX-License-Identifier: ISC
#include "mpm/server_watch.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace minetd {
namespace {

constexpr Milliseconds second = 1000;

/// Resident bytes of a process, as /proc/PID/statm tells (proc(5)); 0: unknown.
std::uint64_t resident_memory(pid_t pid) noexcept {
    char path[32], text[128];
    *fmt::format_to_n(path, sizeof path - 1, "/proc/{}/statm", pid).out = '\0';
    const UniqueFd file(::open(path, O_RDONLY | O_CLOEXEC));
    const ssize_t size = file ? ::read(file.get(), text, sizeof text - 1) : -1;
    if (size <= 0) return 0;
    text[size] = '\0';
    unsigned long total = 0, resident = 0;
    if (std::sscanf(text, "%lu %lu", &total, &resident) != 2) return 0;
    return std::uint64_t{resident} * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

ServerWatch::ServerWatch(const PoolLimits& limits, const Scoreboard& board)
    : limits_(limits),
      board_(board),
      stuck_(board.servers(), board.threads(), second * limits.stuck_timeout) {}

std::string ServerWatch::fault(unsigned slot, const Server& server, const ServerKind& kind,
                               Milliseconds now) noexcept {
    const auto over = [now](Milliseconds since, unsigned limit) {
        return limit != 0 && now - since >= second * limit;
    };
    // The keeper may not have counted since: one that drains never does.
    if (!server.served && !board_.count(slot).began() && over(server.began, limits_.start_timeout))
        return fmt::format("is not ready after {} s", limits_.start_timeout);
    if (const char* sign = kind.sign_of_being_stuck(slot, now)) return sign;
    if (is_stuck(slot, kind, now)) return fmt::format("is stuck for {} s", limits_.stuck_timeout);
    if (server.told != 0 && over(server.told, limits_.drain_timeout))
        return fmt::format("has not finished {} s after it was retired", limits_.drain_timeout);
    return {};
}

bool ServerWatch::is_stuck(unsigned slot, const ServerKind& kind, Milliseconds now) noexcept {
    if (limits_.stuck_timeout == 0) return false;
    if (!kind.becomes_program()) return stuck_.is_stuck(board_, slot, now);
    // A program's step is its whole session.
    const Milliseconds began = board_.thread(slot, 0).began.load(std::memory_order_relaxed);
    return board_.count(slot).busy > 0 && now - began >= second * limits_.stuck_timeout;
}

bool ServerWatch::has_outgrown(const Server& server) const noexcept {
    return limits_.max_memory_per_child != 0 && server.served && !server.leaving &&
           resident_memory(server.pid) > limits_.max_memory_per_child;
}

}  // namespace minetd
