// SPDX-License-Identifier: ISC
#include "daemon/handover.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>

#include <climits>
#include <deque>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "daemon/os/shared_memory.h"
#include "daemon/policy/deny_list.h"
#include "daemon/policy/ledger.h"

using namespace minetd;

namespace {

using Json = nlohmann::json;

/// A descriptor is named once, and no list of initial values can give away what it has.
template <class Item>
std::vector<Item> alone(Item item) {
    std::vector<Item> list;
    list.push_back(std::move(item));
    return list;
}

/// A state in which nothing has the value that it would have if it were forgotten.
struct FullState {
    std::deque<UniqueFd> open;
    Handover state;

    HandedFd fd() { return {open.emplace_back(::open("/dev/null", O_RDWR | O_CLOEXEC)).get()}; }

    HandedDispatcher dispatcher() {
        const SocketAddress peer = resolve_v4(0x7f000009, 4711);
        return {.sessions = {{.pid = 1234,
                              .claim = 77,
                              .began_us = 1'700'000'000'000'001,
                              .peer = peer,
                              .start_error = 2,
                              .failed_step = 3,
                              .socket = 0xFFFF'FFFF'FFFF'FFF0,
                              .suspicious = true}},
                .connections = alone<HandedConnection>({.connection = fd(),
                                                        .peer = peer,
                                                        .admitted = true,
                                                        .claim = 78,
                                                        .greeting = "+Go\r\n"}),
                .processes = alone<HandedProcess>({.child = {1235, fd()},
                                                   .board = 5,
                                                   .ready = true,
                                                   .draining = true,
                                                   .user = "nobody",
                                                   .group = "nogroup"}),
                .passage = {.network = fd(),
                            .sockets = alone<HandedInner>({.socket = fd(), .outer = 4321})},
                .totals = {.accesses = 1'000'000'000'000, .refused = 12},
                .generation = 9,
                .says_ready = true};
    }
    static SocketAddress resolve_v4(std::uint32_t host, std::uint16_t port) {
        SocketAddress address;
        address.v4.sin_family = AF_INET;
        address.v4.sin_addr.s_addr = htonl(host);
        address.v4.sin_port = htons(port);
        address.length = sizeof address.v4;
        return address;
    }
    Handover::Service service(const char* key) {
        return {.key = key,
                .specification = "80 stream tcp4 event nobody internal echo\n",
                .ledger = fd(),
                .ledger_seed = 0xFEDC'BA98'7654'3210,
                .asking = fd(),
                .inlet = fd(),
                .error_reader = fd(),
                .error_writer = fd(),
                .error_line = "half a li",
                .credentials = "/run/minetd/credentials/7/a",
                .mount = fd(),
                .network = fd(),
                .landlock = fd(),
                .dispatcher = dispatcher(),
                .sockets = alone(socket(key))};
    }
    HandedSocket socket(const char* key) {
        return {.fd = fd(),
                .key = key,
                .name = "80/tcp#0",
                .host = "localhost",
                .ours = true,
                .named = true,
                .inode = 4242,
                .device = 17};
    }

    FullState() {
        state.version = "9.9";
        state.daemon = "[minetd]\n";
        state.open_files = rlimit{.rlim_cur = 1024, .rlim_max = RLIM_INFINITY};
        state.services.push_back(service("80/tcp"));
        state.services.push_back(service("a: b"));
        state.draining.push_back(service("80/tcp"));
        state.sockets.push_back(socket("80/tcp"));
        HandedBoard board{.card = {}, .service = "80/tcp", .memory = fd(), .lives = true};
        board.card.kind = BoardCard::Kind::programs;
        board.card.number = 5;
        board.card.servers = 6;
        board.card.threads = 7;
        board.card.generation = 8;
        board.card.most = 9;
        board.card.asynchronous = 1;
        board.card.pid = 10;
        board.card.port = 11;
        std::string("tcp").copy(board.card.protocol, 3);
        std::string("event").copy(board.card.mpm, 5);
        std::string("web").copy(board.card.id, 3);
        state.boards = {.began = 1'700'000'000,
                        .configuration = 3,
                        .last = 6,
                        .boards = alone(std::move(board))};
        state.denied = fd();
        state.inquirers.push_back({.child = {1236, fd()}, .services = {"80/tcp", "a: b"}});
        state.announcers["rpcbind"] = {.pid = 1237, .channel = fd()};
        state.pid_file = fd();
        state.askers = {1, 1239};
    }
};

bool is_refused(const std::string& text) {
    try {
        Handover::from_text(text);
        return false;
    } catch (const std::runtime_error& problem) {
        return std::string(problem.what()).starts_with("the state that was handed over: ");
    }
}

/// Every value that is none of several, by its place.
std::vector<Json::json_pointer> leaves(const Json& json) {
    std::vector<Json::json_pointer> found;
    const Json flat = json.flatten();
    for (const auto& [place, value] : flat.items()) found.emplace_back(place);
    return found;
}

}  // namespace

TEST_SUITE("handover") {
    TEST_CASE("what is written is what is read") {
        FullState full;
        const std::string text = full.state.to_text();
        Handover read = Handover::from_text(text);
        CHECK(read.to_text() == text);
        // Every descriptor is named, those of draining services too.
        CHECK(full.state.descriptors().size() == full.open.size());
        CHECK(read.descriptors().size() == full.open.size());
        Handover nothing;
        CHECK(Handover::from_text(nothing.to_text()).to_text() == nothing.to_text());
        CHECK(nothing.descriptors().empty());
    }

    TEST_CASE("what was moved on names no descriptor any more") {
        FullState full;
        HandedDispatcher& from = full.state.services.front().dispatcher;
        const int channel = from.processes.front().child.channel.number;
        const std::size_t before = full.state.descriptors().size();
        HandedProcess taken = std::move(from.processes.front());
        CHECK(taken.child.channel.number == channel);
        CHECK(full.state.descriptors().size() == before - 1);
        HandedProcess assigned;
        assigned = std::move(taken);
        CHECK(taken.child.channel.number == -1);
        CHECK(assigned.child.channel.number == channel);
        static_assert(!std::is_copy_constructible_v<Handover>);
    }

    TEST_CASE("texts may have any bytes") {
        Handover state;
        std::string all;
        for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
        state.daemon = all;
        state.services.push_back({.key = all, .specification = all, .error_line = all});
        const Handover read = Handover::from_text(state.to_text());
        CHECK(read.daemon == all);
        CHECK(read.services.at(0).key == all);
        CHECK(read.services.at(0).error_line == all);
    }

    TEST_CASE("a part of it is nothing") {
        FullState full;
        const std::string text = full.state.to_text();
        for (std::size_t size = 0; size < text.size(); size += 13)
            CHECK(is_refused(text.substr(0, size)));
        for (const char* other : {"", "null", "[]", "{}", "\"minetd\"", "{\"what\":\"minetd\"}"})
            CHECK(is_refused(other));
    }

    TEST_CASE("another format, or another layout, is refused with advice") {
        FullState full;
        const Json whole = Json::parse(full.state.to_text());
        const struct {
            const char* member;
            Json value;
            const char* said;
        } rows[] = {
            {"what", "another", "this is none of minetd's"},
            {"format", Handover::format - 1, "which reads format"},
            {"format", Handover::format + 1, "restart the daemon instead"},
            {"layout", "ledger 1", "restart the daemon instead"},
            {"layout", 7, ""},
        };
        for (const auto& row : rows) {
            CAPTURE(row.member);
            Json changed = whole;
            changed[row.member] = row.value;
            std::string said;
            try {
                Handover::from_text(changed.dump());
            } catch (const std::runtime_error& problem) {
                said = problem.what();
            }
            CHECK(said != "");
            CHECK(said.find(row.said) != said.npos);
        }
    }

    TEST_CASE("every value is there, of its type and in its range") {
        FullState full;
        const Json whole = Json::parse(full.state.to_text());
        int numbers = 0;
        for (const auto& place : leaves(whole)) {
            CAPTURE(place.to_string());
            const Json& value = whole.at(place);
            const std::string name = place.back();
            if (whole.at(place.parent_pointer()).is_object()) {
                Json without = whole;
                without.at(place.parent_pointer()).erase(name);
                CHECK(is_refused(without.dump()));
            }
            Json wrong = whole;
            for (const Json& other :
                 {Json(nullptr), Json::array({7}), Json({{"a", 1}}), Json(0.5)}) {
                wrong[place] = other;
                CHECK(is_refused(wrong.dump()));
            }
            if (!value.is_number()) continue;
            ++numbers;
            for (const Json& other : {Json(-1e30), Json(1e30), Json("7"), Json(true)}) {
                wrong[place] = other;
                CHECK(is_refused(wrong.dump()));
            }
        }
        CHECK(numbers > 50);
    }

    TEST_CASE("numbers that cannot be") {
        FullState full;
        const Json whole = Json::parse(full.state.to_text());
        const int closed = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
        ::close(closed);
        const struct {
            const char* place;
            Json value;
        } rows[] = {
            {"/services/0/dispatcher/sessions/0/pid", 0},
            {"/services/0/dispatcher/sessions/0/pid", 1},
            {"/services/0/dispatcher/sessions/0/pid", -1},
            {"/services/0/dispatcher/sessions/0/claim", 0x1'0000'0000},
            {"/services/0/dispatcher/sessions/0/step", 256},
            {"/services/0/dispatcher/sessions/0/socket", -1},
            {"/services/0/dispatcher/sessions/0/peer", "0"},
            {"/services/0/dispatcher/sessions/0/peer", "zz"},
            {"/services/0/dispatcher/sessions/0/peer", std::string(4096, '0')},
            {"/services/0/dispatcher/processes/0/channel", -1},
            {"/services/0/dispatcher/connections/0/fd", closed},
            {"/services/0/ledger", closed},
            {"/services/0/ledger", 2},
            {"/services/0/ledger", INT_MAX},
            {"/services/0/ledger", INT_MIN},
            {"/services/0/asking", -1},
            {"/services/0/inlet", -1},
            {"/services/0/error_reader", -1},
            {"/services/0/error_writer", -1},
            {"/sockets/0/fd", 0},
            {"/sockets/0/fd", -1},
            {"/boards/boards/0/kind", 17},
            {"/boards/boards/0/servers", 0xFFFF'FFFF},
            {"/boards/boards/0/threads", 0xFFFF'FFFF},
            {"/boards/boards/0/memory", -1},
            {"/announcers/rpcbind/pid", 0},
            {"/pid_file", 1},
            {"/askers/0/pid", 0},
        };
        for (const auto& row : rows) {
            CAPTURE(row.place);
            CAPTURE(row.value.dump());
            Json changed = whole;
            changed.at(Json::json_pointer(row.place)) = row.value;
            CHECK(is_refused(changed.dump()));
        }
    }

    TEST_CASE("memory of a former image goes on, and another is not taken for it") {
        Limits limits;
        limits.instances = 1;
        Ledger ledger;
        const auto copy = [](int fd) { return UniqueFd(::fcntl(fd, F_DUPFD_CLOEXEC, 3)); };
        Ledger next(copy(ledger.fd()), ledger.seed());
        CHECK(next.seed() == ledger.seed());
        Claim first = 0, second = 0;
        const Source source = source_of(FullState::resolve_v4(0x7f000009, 1), SourcePrefix());
        CHECK(ledger.admit(limits, source, 1000, ::getpid(), first) == nullptr);
        CHECK(next.admit(limits, source, 1000, ::getpid(), second) != nullptr);
        next.release(first, ::getpid());
        CHECK(ledger.admit(limits, source, 1000, ::getpid(), second) == nullptr);
        CHECK_THROWS_AS(DenyList(copy(ledger.fd())), std::runtime_error);

        DenyList denied;
        const SocketAddress peer = FullState::resolve_v4(0x7f000009, 1);
        const SourcePrefix prefix;
        denied.deny(source_of(peer, prefix), prefix, 1000, 10);
        const DenyList again(copy(denied.fd()));
        CHECK(again.peers()->contain(peer, 1001));
        CHECK_FALSE(again.peers()->contain(FullState::resolve_v4(0x7f00000a, 1), 1001));

        // One that could become smaller under our feet.
        UniqueFd loose(::memfd_create("loose", MFD_CLOEXEC | MFD_ALLOW_SEALING));
        REQUIRE(::ftruncate(loose.get(), 4096) == 0);
        CHECK_THROWS_AS(SharedMemory(copy(loose.get()), 4096), std::runtime_error);
        CHECK_THROWS_AS(SharedMemory(UniqueFd(), 4096), std::runtime_error);
        const SharedMemory memory(4096);
        CHECK_THROWS_AS(SharedMemory(copy(memory.fd()), 8192), std::runtime_error);
        CHECK(SharedMemory(copy(memory.fd()), 4096).address() != memory.address());
    }
}
