// SPDX-License-Identifier: ISC
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

#include "services/status/texts.h"

namespace minetd::status {
namespace {

/// One column, whatever the name holds.
std::string word(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f) c = '_';
    return out.empty() ? "-" : out;
}

void add_line(std::string& text, const Snapshot& snapshot, const Service& service, int pid,
              const std::string& client, std::int64_t began_s) {
    const std::time_t since = snapshot.now - began_s;
    std::tm local{};
    ::localtime_r(&since, &local);
    text +=
        fmt::format("{} {} {} {:%Y-%m-%dT%H:%M:%S}\n", word(service.id), pid, word(client), local);
}

bool is_busy(const Worker& worker) noexcept {
    return std::string_view("RWKC").find(worker.letter) != std::string_view::npos;
}

void add_server(std::string& text, const Snapshot& snapshot, const Service& service,
                const Server& server) {
    if (server.pid == 0) return;
    if (std::ranges::none_of(server.workers, is_busy))
        return add_line(text, snapshot, service, server.pid, "", server.began_s);
    for (const Worker& worker : server.workers)
        if (is_busy(worker))
            add_line(text, snapshot, service, server.pid, worker.client,
                     std::max<std::int64_t>(0, worker.last_began_s));
}

}  // namespace

std::string services_text(const Snapshot& snapshot) {
    std::string text;
    for (const Service& service : snapshot.services)
        text +=
            fmt::format("{} {} {} {}\n", word(service.id), word(service.protocol),
                        service.port == 0 ? "-" : std::to_string(service.port), word(service.mpm));
    return text;
}

std::string servers_text(const Snapshot& snapshot) {
    std::string text;
    for (const Service& service : snapshot.services) {
        for (const Session& session : service.sessions)
            add_line(text, snapshot, service, session.pid, session.client, session.began_s);
        for (const Server& server : service.servers) add_server(text, snapshot, service, server);
    }
    return text;
}

}  // namespace minetd::status
