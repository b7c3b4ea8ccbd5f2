// SPDX-License-Identifier: ISC
#include <nlohmann/json.hpp>

#include "services/status/summary.h"
#include "services/status/texts.h"

namespace minetd::status {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const Worker& worker) {
    Json json = {{"state", std::string(1, worker.letter)},
                 {"connections", worker.connections},
                 {"requests", worker.requests},
                 {"bytes", worker.bytes},
                 {"busy_ms", worker.busy_ms}};
    if (worker.last_began_s >= 0) {
        json["last_began_s"] = worker.last_began_s;
        json["last_took_ms"] = worker.last_took_ms;
    }
    if (!worker.client.empty()) json["client"] = worker.client;
    return json;
}

Json to_json(const Server& server) {
    Json workers = Json::array();
    for (const Worker& worker : server.workers) workers.push_back(to_json(worker));
    return {{"pid", server.pid},
            {"generation", server.generation},
            {"accepting", server.accepting},
            {"leaving", server.leaving},
            {"age_s", server.began_s},
            {"cpu_user_s", server.cpu_user},
            {"cpu_system_s", server.cpu_system},
            {"connections", server.connections},
            {"waiting", server.waiting},
            {"writing", server.writing},
            {"keep_alive", server.keepalive},
            {"closing", server.closing},
            {"workers", std::move(workers)}};
}

Json to_json(const Service& service) {
    const Summary sum = summarize(service);
    Json servers = Json::array();
    for (const Server& server : service.servers) servers.push_back(to_json(server));
    Json json = {{"service", service.key},
                 {"id", service.id},
                 {"mpm", service.mpm},
                 {"generation", service.generation},
                 {"max_workers", service.most},
                 {"connections", service.connections},
                 {"requests", service.requests},
                 {"bytes", service.bytes},
                 {"refused", service.refused},
                 {"busy_ms", service.busy_ms},
                 {"backlog", {{"now", service.backlog}, {"peak", service.backlog_peak}}},
                 {"busy_workers", sum.busy},
                 {"graceful_workers", sum.graceful},
                 {"idle_workers", sum.idle},
                 {"scoreboard", letters(service)},
                 {"servers", std::move(servers)}};
    if (service.memory_current) json["memory_current"] = *service.memory_current;
    if (service.tasks_current) json["tasks_current"] = *service.tasks_current;
    return json;
}

}  // namespace

std::string json_text(const Snapshot& snapshot, const Service* only) {
    Json services = Json::array();
    for (const Service& service : snapshot.services)
        if (only == nullptr || only == &service) services.push_back(to_json(service));
    const Json json = {{"server", "minetd/" MINETD_VERSION},
                       {"host", snapshot.host},
                       {"now", snapshot.now},
                       {"began", snapshot.began},
                       {"configuration_generation", snapshot.configuration},
                       {"load", {snapshot.load[0], snapshot.load[1], snapshot.load[2]}},
                       {"services", std::move(services)}};
    // A name may hold any bytes.
    return json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace minetd::status
