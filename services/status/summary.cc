// SPDX-License-Identifier: ISC
#include "services/status/summary.h"

#include <fmt/format.h>

#include <algorithm>

namespace minetd::status {
namespace {

/// No configuration has more; a board that lies cannot make the page longer.
constexpr std::size_t letters_max = 200'000;

std::string format_moment(std::time_t moment, const char* form) {
    std::tm utc{};
    char text[64];
    if (::gmtime_r(&moment, &utc) == nullptr) return "unknown";
    return {text, std::strftime(text, sizeof text, form, &utc)};
}

}  // namespace

void Summary::add(const Summary& other) noexcept {
    busy += other.busy;
    graceful += other.graceful;
    idle += other.idle;
    processes += other.processes;
    stopping += other.stopping;
    connections += other.connections;
    waiting += other.waiting;
    writing += other.writing;
    keepalive += other.keepalive;
    closing += other.closing;
    cpu_user += other.cpu_user;
    cpu_system += other.cpu_system;
}

Summary summarize(const Service& service) noexcept {
    Summary sum;
    sum.busy = service.running;
    for (const Server& server : service.servers) {
        ++sum.processes;
        if (server.leaving) ++sum.stopping;
        sum.connections += server.connections;
        sum.waiting += server.waiting;
        sum.writing += server.writing;
        sum.keepalive += server.keepalive;
        sum.closing += server.closing;
        sum.cpu_user += server.cpu_user;
        sum.cpu_system += server.cpu_system;
        for (const Worker& worker : server.workers) {
            switch (worker.letter) {
                case '_':
                    ++sum.idle;
                    break;
                case 'G':
                    ++sum.graceful;
                    break;
                case 'R':
                case 'W':
                case 'K':
                case 'C':
                    ++sum.busy;
                    break;
                default:
                    break;
            }
        }
    }
    return sum;
}

std::string letters(const Service& service) {
    std::string text(std::min<std::uint64_t>(service.running, letters_max), 'W');
    for (const Server& server : service.servers)
        for (const Worker& worker : server.workers)
            if (text.size() < letters_max) text += worker.letter;
    const std::size_t most = std::min<std::size_t>(service.most, letters_max);
    if (text.size() < most) text.resize(most, '.');
    return text;
}

std::string duration_text(std::int64_t seconds) {
    const struct {
        std::int64_t length;
        const char* name;
    } units[] = {{86'400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}};
    std::string text;
    for (const auto& unit : units) {
        const std::int64_t count = seconds / unit.length;
        seconds %= unit.length;
        if (count == 0) continue;
        text += fmt::format("{}{} {}{}", text.empty() ? "" : " ", count, unit.name,
                            count == 1 ? "" : "s");
    }
    return text;
}

std::string moment_text(std::time_t moment) {
    return format_moment(moment, "%A, %d-%b-%Y %H:%M:%S UTC");
}

std::string built_text(std::time_t built) {
    return built == 0 ? "unknown" : format_moment(built, "%b %d %Y %H:%M:%S");
}

const Service* find_service(const Snapshot& snapshot, std::string_view name) noexcept {
    for (const auto member : {&Service::id, &Service::key}) {
        const auto found = std::ranges::find(snapshot.services, name, member);
        if (found != snapshot.services.end()) return &*found;
    }
    return nullptr;
}

}  // namespace minetd::status
