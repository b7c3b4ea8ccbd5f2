// SPDX-License-Identifier: ISC
#include "daemon/handover.h"

#include <fmt/format.h>

#include "daemon/announcement.h"
#include "daemon/handover_values.h"
#include "daemon/policy/deny_list.h"
#include "daemon/policy/inquiry.h"
#include "daemon/policy/ledger.h"
#include "mpm/control.h"

namespace minetd {

using namespace handed;

namespace {

// -- mpm/handed_over.h

Json json_of(const HandedSession& one) {
    return {{"pid", one.pid},           {"claim", one.claim},
            {"began", one.began_us},    {"peer", address_text(one.peer)},
            {"error", one.start_error}, {"step", one.failed_step},
            {"socket", one.socket},     {"suspicious", one.suspicious}};
}

HandedSession session(const Json& json) {
    return {.pid = pid(json),
            .claim = number<std::uint32_t>(json, "claim"),
            .began_us = number<std::int64_t>(json, "began"),
            .peer = address(json, "peer"),
            .start_error = number<int>(json, "error"),
            .failed_step = number<std::uint8_t>(json, "step"),
            .socket = number<std::uint64_t>(json, "socket"),
            .suspicious = json.at("suspicious").get<bool>()};
}

Json json_of(const HandedConnection& one) {
    return {{"fd", one.connection.number},
            {"peer", address_text(one.peer)},
            {"admitted", one.admitted},
            {"claim", one.claim},
            {"greeting", coded(one.greeting)}};
}

HandedConnection connection(const Json& json) {
    return {.connection = open_descriptor(json, "fd"),
            .peer = address(json, "peer"),
            .admitted = json.at("admitted").get<bool>(),
            .claim = number<std::uint32_t>(json, "claim"),
            .greeting = text(json, "greeting")};
}

Json json_of(const HandedChild& one) {
    return {{"pid", one.pid}, {"channel", one.channel.number}};
}

/// One that cannot do without its channel.
HandedChild child(const Json& json) {
    return {.pid = pid(json), .channel = open_descriptor(json, "channel")};
}

Json json_of(const HandedProcess& one) {
    Json json = json_of(one.child);
    json.update({{"board", one.board},
                 {"ready", one.ready},
                 {"draining", one.draining},
                 {"superseded", one.superseded},
                 {"user", coded(one.user)},
                 {"group", coded(one.group)}});
    return json;
}

HandedProcess process(const Json& json) {
    return {.child = child(json),
            .board = number<std::uint32_t>(json, "board"),
            .ready = json.at("ready").get<bool>(),
            .draining = json.at("draining").get<bool>(),
            .superseded = json.at("superseded").get<bool>(),
            .user = text(json, "user"),
            .group = text(json, "group")};
}

Json json_of(const HandedInner& one) {
    return {{"fd", one.socket.number}, {"outer", one.outer}};
}

HandedInner inner_socket(const Json& json) {
    return {.socket = open_descriptor(json, "fd"), .outer = number<std::uint64_t>(json, "outer")};
}

Json json_of(const HandedDispatcher& one) {
    return {{"sessions", list(one.sessions, json_of)},
            {"connections", list(one.connections, json_of)},
            {"processes", list(one.processes, json_of)},
            {"passage", one.passage.network.number},
            {"inner", list(one.passage.sockets, json_of)},
            {"accesses", one.totals.accesses},
            {"requests", one.totals.requests},
            {"bytes", one.totals.bytes},
            {"busy", one.totals.busy},
            {"refused", one.totals.refused},
            {"generation", one.generation},
            {"says_ready", one.says_ready}};
}

HandedDispatcher dispatcher(const Json& json) {
    return {.sessions = list(json, "sessions", session),
            .connections = list(json, "connections", connection),
            .processes = list(json, "processes", process),
            .passage = {.network = descriptor(json, "passage"),
                        .sockets = list(json, "inner", inner_socket)},
            .totals = {.accesses = number<std::uint64_t>(json, "accesses"),
                       .requests = number<std::uint64_t>(json, "requests"),
                       .bytes = number<std::uint64_t>(json, "bytes"),
                       .busy = number<std::uint64_t>(json, "busy"),
                       .refused = number<std::uint64_t>(json, "refused")},
            .generation = number<std::uint32_t>(json, "generation"),
            .says_ready = json.at("says_ready").get<bool>()};
}

Json json_of(const HandedBoard& one) {
    const BoardCard& card = one.card;
    return {{"kind", card.kind},
            {"number", card.number},
            {"servers", card.servers},
            {"threads", card.threads},
            {"generation", card.generation},
            {"most", card.most},
            {"asynchronous", card.asynchronous},
            {"pid", card.pid},
            {"port", card.port},
            {"protocol", coded(card.protocol)},
            {"mpm", coded(card.mpm)},
            {"id", coded(card.id)},
            {"service", coded(one.service)},
            {"memory", one.memory.number},
            {"lives", one.lives}};
}

template <std::size_t Room>
void copy_text(char (&to)[Room], const std::string& from) {
    to[from.copy(to, Room - 1)] = '\0';
}

HandedBoard board(const Json& json) {
    HandedBoard out;
    BoardCard& card = out.card;
    using Kind = BoardCard::Kind;
    const auto kind = number<std::uint32_t>(json, "kind");
    if (kind > static_cast<std::uint32_t>(Kind::programs)) wrong("there is no such kind of board");
    card.kind = static_cast<Kind>(kind);
    for (const auto& [name, member] :
         {std::pair("number", &card.number), std::pair("servers", &card.servers),
          std::pair("threads", &card.threads), std::pair("generation", &card.generation),
          std::pair("most", &card.most), std::pair("asynchronous", &card.asynchronous),
          std::pair("pid", &card.pid), std::pair("port", &card.port)})
        *member = number<std::uint32_t>(json, name);
    // Their product is a size.
    constexpr std::uint32_t most_places = 1 << 20;
    if (card.servers > most_places || card.threads > most_places) out_of_range("servers");
    copy_text(card.protocol, text(json, "protocol"));
    copy_text(card.mpm, text(json, "mpm"));
    copy_text(card.id, text(json, "id"));
    out.service = text(json, "service");
    out.memory = open_descriptor(json, "memory");
    out.lives = json.at("lives").get<bool>();
    return out;
}

// -- of the daemon

Json json_of(const HandedSocket& one) {
    return {{"fd", one.fd.number},     {"key", coded(one.key)}, {"name", coded(one.name)},
            {"host", coded(one.host)}, {"ours", one.ours},      {"named", one.named},
            {"inode", one.inode},      {"device", one.device}};
}

HandedSocket socket(const Json& json) {
    return {.fd = open_descriptor(json, "fd"),
            .key = text(json, "key"),
            .name = text(json, "name"),
            .host = text(json, "host"),
            .ours = json.at("ours").get<bool>(),
            .named = json.at("named").get<bool>(),
            .inode = number<ino_t>(json, "inode"),
            .device = number<dev_t>(json, "device")};
}

Json json_of(const Handover::Service& one) {
    return {{"key", coded(one.key)},
            {"specification", coded(one.specification)},
            {"ledger", one.ledger.number},
            {"ledger_seed", one.ledger_seed},
            {"asking", one.asking.number},
            {"inlet", one.inlet.number},
            {"error_reader", one.error_reader.number},
            {"error_writer", one.error_writer.number},
            {"error_line", coded(one.error_line)},
            {"credentials", coded(one.credentials)},
            {"mount", one.mount.number},
            {"network", one.network.number},
            {"landlock", one.landlock.number},
            {"dispatcher", json_of(one.dispatcher)},
            {"sockets", list(one.sockets, static_cast<Json (*)(const HandedSocket&)>(json_of))}};
}

Handover::Service service(const Json& json) {
    Handover::Service out{.key = text(json, "key"),
                          .specification = text(json, "specification"),
                          .ledger = descriptor(json, "ledger"),
                          .ledger_seed = number<std::uint64_t>(json, "ledger_seed"),
                          .asking = descriptor(json, "asking"),
                          .inlet = descriptor(json, "inlet"),
                          .error_reader = descriptor(json, "error_reader"),
                          .error_writer = descriptor(json, "error_writer"),
                          .error_line = text(json, "error_line"),
                          .credentials = text(json, "credentials"),
                          .mount = descriptor(json, "mount"),
                          .network = descriptor(json, "network"),
                          .landlock = descriptor(json, "landlock"),
                          .dispatcher = dispatcher(json.at("dispatcher")),
                          .sockets = list(json, "sockets", socket)};
    if ((out.asking.number < 0) != (out.inlet.number < 0) ||
        (out.error_reader.number < 0) != (out.error_writer.number < 0))
        wrong(out.key + ": one end of a pair is missing");
    return out;
}

Json json_of(const Handover::Inquirer& one) {
    Json json = json_of(one.child);
    Json& services = json["services"] = Json::array();
    for (const std::string& key : one.services) services.push_back(coded(key));
    return json;
}

Handover::Inquirer inquirer(const Json& json) {
    Handover::Inquirer out{.child = child(json), .services = {}};
    for (const Json& key : json.at("services"))
        out.services.push_back(decoded(key.get<std::string>()));
    return out;
}

Json json_of(const HandedBoards& one) {
    return {{"began", one.began},
            {"configuration", one.configuration},
            {"last", one.last},
            {"boards", list(one.boards, json_of)}};
}

HandedBoards boards(const Json& json) {
    return {.began = number<std::int64_t>(json, "began"),
            .configuration = number<std::uint32_t>(json, "configuration"),
            .last = number<std::uint32_t>(json, "last"),
            .boards = list(json, "boards", board)};
}

/// It may be process 1, whose child we are.
pid_t asker(const Json& json) {
    const auto value = number<pid_t>(json, "pid");
    if (value <= 0) wrong("nobody asked");
    return value;
}

Handover read(const Json& json) {
    if (!json.is_object() || text(json, "what") != "minetd") wrong("this is none of minetd's");
    Handover out;
    out.version = text(json, "version");
    const int format = number<int>(json, "format");
    if (format != Handover::format)
        wrong(fmt::format("its format is {} (minetd {}), and this is minetd " MINETD_VERSION
                          ", which reads format {}: restart the daemon instead",
                          format, out.version, Handover::format));
    if (text(json, "layout") != handover_layout())
        wrong(fmt::format(
            "minetd {} lays out shared memory in another way than this minetd " MINETD_VERSION
            ": restart the daemon instead",
            out.version));
    out.daemon = text(json, "daemon");
    if (const Json& limit = json.at("open_files"); !limit.is_null())
        out.open_files = rlimit{.rlim_cur = number<rlim_t>(limit, "soft"),
                                .rlim_max = number<rlim_t>(limit, "hard")};
    out.services = list(json, "services", service);
    out.draining = list(json, "draining", service);
    out.sockets = list(json, "sockets", socket);
    out.boards = boards(json.at("boards"));
    out.denied = descriptor(json, "denied");
    out.inquirers = list(json, "inquirers", inquirer);
    for (const auto& [name, one] : json.at("announcers").items())
        out.announcers[name] = {.pid = pid(one), .channel = descriptor(one, "channel")};
    out.pid_file = descriptor(json, "pid_file");
    out.askers = list(json, "askers", asker);
    return out;
}

}  // namespace

std::string handover_layout() {
    return fmt::format("ledger {} denied {} board {} {} control {} announcement {} question {}",
                       Ledger::bytes(), DenyList::bytes(), BoardSize{}.bytes(),
                       BoardSize{.servers = 2, .threads = 3}.bytes(), sizeof(ControlMessage),
                       sizeof(Announcement), sizeof(Question));
}

std::string Handover::to_text() const {
    Json announcing = Json::object();
    for (const auto& [name, one] : announcers) announcing[name] = json_of(one);
    Json json{{"what", "minetd"},
              {"format", format},
              {"version", version},
              {"layout", handover_layout()},
              {"daemon", coded(daemon)},
              {"open_files", nullptr},
              {"services", list(services, json_of)},
              {"draining", list(draining, json_of)},
              {"sockets", list(sockets, json_of)},
              {"boards", json_of(boards)},
              {"denied", denied.number},
              {"inquirers", list(inquirers, json_of)},
              {"announcers", announcing},
              {"pid_file", pid_file.number},
              {"askers", Json::array()}};
    for (const pid_t asker : askers) json["askers"].push_back({{"pid", asker}});
    if (open_files)
        json["open_files"] = {{"soft", open_files->rlim_cur}, {"hard", open_files->rlim_max}};
    return json.dump();
}

Handover Handover::from_text(const std::string& text) {
    try {
        return read(Json::parse(text));
    } catch (const nlohmann::json::exception& problem) {
        wrong(problem.what());
    }
}

std::vector<HandedFd*> Handover::descriptors() {
    std::vector<HandedFd*> out{&denied, &pid_file};
    for (auto* all : {&services, &draining})
        for (Service& one : *all) {
            for (HandedFd* fd : {&one.ledger, &one.asking, &one.inlet, &one.error_reader,
                                 &one.error_writer, &one.mount, &one.network, &one.landlock})
                out.push_back(fd);
            for (auto& connection : one.dispatcher.connections)
                out.push_back(&connection.connection);
            for (auto& process : one.dispatcher.processes) out.push_back(&process.child.channel);
            out.push_back(&one.dispatcher.passage.network);
            for (auto& inner : one.dispatcher.passage.sockets) out.push_back(&inner.socket);
            for (HandedSocket& socket : one.sockets) out.push_back(&socket.fd);
        }
    for (HandedSocket& socket : sockets) out.push_back(&socket.fd);
    for (HandedBoard& board : boards.boards) out.push_back(&board.memory);
    for (Inquirer& one : inquirers) out.push_back(&one.child.channel);
    for (auto& [name, one] : announcers) out.push_back(&one.channel);
    std::erase_if(out, [](const HandedFd* fd) { return fd->number < 0; });
    return out;
}

}  // namespace minetd
