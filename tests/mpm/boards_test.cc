// SPDX-License-Identifier: ISC
// Boards from those who count to those who show: what is told, what is kept, what is refused.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <stdlib.h>

#include <fstream>

#include "daemon/os/socket.h"
#include "mpm/board_registry.h"
#include "mpm/program_board.h"
#include "mpm/shown_boards.h"

using namespace minetd;

namespace {

constexpr BoardSize size{.servers = 4, .threads = 2};

BoardCard card(std::uint32_t pid = 1) {
    BoardCard card;
    card.servers = size.servers;
    card.threads = size.threads;
    card.generation = 1;
    card.pid = pid;
    return card;
}

/// One process of a service, which counts.
struct Process {
    Process(BoardRegistry& registry, const char* service)
        : memory(std::make_shared<SharedMemory>(size.bytes())),
          board(memory->fd(), size),
          number(registry.add(card(), service, memory)) {
        board.occupy(0, 2);
    }
    std::shared_ptr<SharedMemory> memory;
    Scoreboard board;
    std::uint32_t number;
};

/// A process that shows boards, at the other end of its channel.
struct Viewer {
    Viewer() { std::tie(ours, theirs) = Channel::pair(); }
    bool tell(const BoardSet& set) {
        const bool told = feed.update(set, ours);
        ControlMessage message;
        UniqueFd attached;
        while (receive_control(theirs, message, attached) == Channel::Received::message) {
            if (attached) writable += (::fcntl(attached.get(), F_GETFL) & O_ACCMODE) != O_RDONLY;
            shown.hear(message, std::move(attached));
        }
        return told;
    }
    const status::Service* service(const char* key) {
        snapshot = shown.snapshot();
        for (const status::Service& service : snapshot.services)
            if (service.key == key) return &service;
        return nullptr;
    }
    Channel ours, theirs;
    BoardFeed feed;
    ShownBoards shown;
    status::Snapshot snapshot;
    int writable = 0;
};

}  // namespace

TEST_SUITE("mpm") {
    TEST_CASE("a viewer sees what servers count, through a descriptor that cannot write") {
        BoardRegistry registry;
        Process process(registry, "echo/tcp");
        Viewer viewer;
        CHECK_FALSE(viewer.shown.complete());
        CHECK(viewer.tell(registry.boards()));
        CHECK(viewer.shown.complete());
        CHECK(viewer.writable == 0);
        process.board.idle(0, 0);
        process.board.accessed(0, 1);
        process.board.busy(0, 1);
        process.board.note_refused();
        process.board.note_backlog(5);
        process.board.note_backlog(2);
        const status::Service* echo = viewer.service("echo/tcp");
        REQUIRE(echo != nullptr);
        CHECK(echo->connections == 1);
        CHECK(echo->refused == 1);
        CHECK(echo->backlog == 2);
        CHECK(echo->backlog_peak == 5);
        REQUIRE(echo->servers.size() == 1);
        CHECK(echo->servers[0].workers[0].letter == '_');
        CHECK(echo->servers[0].workers[1].letter == 'R');
        process.board.server(0).leaving.store(true, std::memory_order_relaxed);
        CHECK(viewer.service("echo/tcp")->servers[0].workers[1].letter == 'G');
        registry.count_load();
        viewer.tell(registry.boards());
        viewer.service("echo/tcp");
        CHECK(viewer.snapshot.configuration == 2);
    }

    TEST_CASE("totals outlive processes, and are nobody's twice") {
        BoardRegistry registry;
        Viewer viewer;
        const auto connections = [&] {
            viewer.tell(registry.boards());
            const status::Service* found = viewer.service("s");
            return found == nullptr ? -1 : static_cast<int>(found->connections);
        };
        auto first = std::make_unique<Process>(registry, "s");
        for (int i = 0; i < 3; ++i) first->board.accessed(0);
        CHECK(connections() == 3);
        auto second = std::make_unique<Process>(registry, "s");  // a reload: both live
        second->board.accessed(0);
        CHECK(connections() == 4);
        first->board.accessed(0);
        registry.retire(first->number);
        CHECK(viewer.service("s")->connections == 5);  // before it hears that one board is gone
        CHECK(connections() == 5);
        registry.retire(second->number);  // killed, and no successor yet
        CHECK(connections() == 5);
        CHECK(viewer.service("s")->servers.empty());
        Process third(registry, "s");
        third.board.accessed(0);
        CHECK(connections() == 6);
        CHECK(registry.boards().boards().size() == 1);
        registry.forget("s");  // it lives: it stays
        CHECK(connections() == 6);
        registry.retire(third.number);
        registry.forget("s");
        CHECK(connections() == -1);
    }

    TEST_CASE(
        "a board comes in place of the one before it: there is no moment without the service") {
        BoardRegistry registry;
        registry.add(card(0), "lazy", nullptr);  // a service without a process yet
        Process other(registry, "other");
        Viewer viewer;
        int told = 0;
        const auto look = [&] {
            viewer.feed.update(registry.boards(), viewer.ours);
            ControlMessage message;
            UniqueFd attached;
            for (; receive_control(viewer.theirs, message, attached) == Channel::Received::message;
                 ++told) {
                viewer.shown.hear(message, std::move(attached));
                CHECK((told == 0 || viewer.service("lazy") != nullptr));
            }
        };
        look();
        for (int i = 0; i < 3; ++i) {
            const Process process(registry, "lazy");
            look();
            registry.retire(process.number);
            look();
        }
        CHECK(told == 9);  // two boards and of which configuration; then six in place of others
        CHECK(viewer.snapshot.services.size() == 2);
        registry.forget("lazy");
        viewer.tell(registry.boards());
        CHECK(viewer.service("lazy") == nullptr);
    }

    TEST_CASE("programs are counted before anybody looks, and shown when somebody does") {
        struct : BoardRegistry::Reader {
            void boards_changed() noexcept override { ++changes; }
            int changes = 0;
        } reader;
        BoardRegistry registry;
        auto spec = std::make_shared<ServiceSpec>();
        spec->id = "ftp";
        spec->name = "ftp";
        struct : ProgramBoard::Starter {
            void show_sessions(ProgramBoard& board) noexcept override {
                board.show_session(12, resolve("192.0.2.7", 4711, AF_INET).front(), monotonic_us());
            }
        } starter;
        ProgramBoard board(registry, spec, starter);
        board.note_accepted(11, {});
        board.note_accepted(12, {});
        board.note_ended(11);
        board.note_refused();
        CHECK(registry.boards().boards().empty());
        registry.begin_reading(reader);
        CHECK(reader.changes == 1);
        Viewer viewer;
        viewer.tell(registry.boards());
        const std::string key = spec->key();
        const status::Service* ftp = viewer.service(key.c_str());
        REQUIRE(ftp != nullptr);
        CHECK(ftp->connections == 2);
        CHECK(ftp->running == 1);
        CHECK(ftp->refused == 1);
        CHECK(ftp->mpm == "nowait");
        CHECK(ftp->protocol == "tcp");
        REQUIRE(ftp->sessions.size() == 1);
        CHECK(ftp->sessions[0].pid == 12);
        CHECK(ftp->sessions[0].client == "192.0.2.7");
        // One by one as many as have a place; then all but these, and room for new ones.
        for (pid_t pid = 1000; pid < 2000; ++pid) board.note_accepted(pid, {});
        CHECK(viewer.service(key.c_str())->running == 1001);
        CHECK(viewer.service(key.c_str())->sessions.size() == 512);
        for (pid_t pid = 1000; pid < 2000; ++pid) board.note_ended(pid);
        CHECK(viewer.service(key.c_str())->sessions.size() == 1);
        board.note_accepted(13, {});
        board.note_refused();
        CHECK(viewer.service(key.c_str())->running == 2);
        CHECK(viewer.service(key.c_str())->sessions.size() == 2);
        CHECK(viewer.service(key.c_str())->connections == 1003);
        board.note_ended(13);
        board.note_accepted(14, {});
        board.adopt(spec);  // a reload
        viewer.tell(registry.boards());
        ftp = viewer.service(key.c_str());
        REQUIRE(ftp != nullptr);
        CHECK(ftp->connections == 1004);
        CHECK(ftp->running == 2);
        CHECK(ftp->refused == 2);
        REQUIRE(ftp->sessions.size() == 1);  // those that its starter knows of
        CHECK(ftp->sessions[0].pid == 12);
        registry.end_reading(reader);
    }

    TEST_CASE("what the cgroup of a service uses is told, and read by whoever shows it") {
        char name[] = "/tmp/minetd-usage-XXXXXX";
        REQUIRE(::mkdtemp(name) != nullptr);
        const std::string path = name;
        const auto put = [&](const char* file, const char* text) {
            std::ofstream(path + "/" + file) << text;
        };
        put("memory.current", "4096\n");
        put("pids.current", "3\n");
        BoardRegistry registry;
        const Process one(registry, "one"), two(registry, "two");
        // As a pool: its keeper hears of it, and tells its servers.
        Viewer keeper, server;
        BoardSet kept;
        const auto show = [&] {
            keeper.feed.update(registry.boards(), keeper.ours);
            ControlMessage message;
            UniqueFd attached;
            while (receive_control(keeper.theirs, message, attached) ==
                   Channel::Received::message) {
                if (attached) CHECK((::fcntl(attached.get(), F_GETFL) & O_ACCMODE) == O_RDONLY);
                kept.hear(message, std::move(attached));
            }
            server.tell(kept);
        };
        using Number = std::optional<std::uint64_t>;
        const auto check = [&](const char* service, Number memory, Number tasks) {
            CAPTURE(std::string(service));
            REQUIRE(server.service(service) != nullptr);
            CHECK(server.service(service)->memory_current == memory);
            CHECK(server.service(service)->tasks_current == tasks);
        };
        {
            // Whoever made the cgroup may close it.
            const UniqueFd directory(::open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
            registry.set_cgroup("one", directory.get());
            registry.set_cgroup("without a board", directory.get());
        }
        show();
        check("one", 4096, 3);
        check("two", {}, {});
        CHECK(server.snapshot.services.size() == 2);
        put("memory.current", "8192\n");
        check("one", 8192, 3);

        // Another one, without the controller for tasks.
        ::unlink((path + "/pids.current").c_str());
        {
            const UniqueFd directory(::open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
            registry.set_cgroup("one", directory.get());
        }
        show();
        check("one", 8192, {});
        registry.set_cgroup("one", -1);
        show();
        check("one", {}, {});
        ::unlink((path + "/memory.current").c_str());
        ::rmdir(name);
    }

    TEST_CASE("what services use is told while there is room for it beside the boards") {
        const UniqueFd directory(::open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        BoardSet set;
        for (int i = 0; i < 10; ++i) set.set_cgroup(std::to_string(i), directory.get());
        Viewer viewer;
        viewer.feed = BoardFeed(5);
        CHECK(viewer.feed.update(set, viewer.ours));
        int told = 0;
        ControlMessage message;
        UniqueFd attached;
        while (receive_control(viewer.theirs, message, attached) == Channel::Received::message)
            told += message.kind == ControlMessage::Kind::usage;
        CHECK(told == 2 * 2);
        CHECK(viewer.feed.left_out() == 0);
    }

    TEST_CASE("a board that is smaller than its card says, or full of nonsense, harms nobody") {
        Viewer viewer;
        SharedMemory memory(size.bytes());
        ControlMessage message;
        message.kind = ControlMessage::Kind::board;
        message.board = card();
        message.set_text("lies");
        for (const BoardSize claimed :
             {BoardSize{.servers = 100, .threads = 2}, BoardSize{.servers = ~0U, .threads = ~0U},
              BoardSize{.servers = 0, .threads = 1}}) {
            message.board.servers = claimed.servers;
            message.board.threads = claimed.threads;
            viewer.shown.hear(message, open_read_only(memory.fd()));
            REQUIRE(viewer.service("lies") != nullptr);
            CHECK(viewer.service("lies")->servers.empty());
        }
        message.board = card();
        for (std::size_t i = 0; i < memory.size(); ++i)
            static_cast<unsigned char*>(memory.address())[i] =
                static_cast<unsigned char>(i * 37 + i / 251);
        viewer.shown.hear(message, open_read_only(memory.fd()));
        const status::Service* lies = viewer.service("lies");
        REQUIRE(lies != nullptr);
        CHECK(lies->servers.size() <= size.servers);
        for (const status::Server& server : lies->servers) {
            CHECK(server.workers.size() <= size.threads);
            for (const status::Worker& worker : server.workers)
                CHECK(std::string("._SRWKCG").find(worker.letter) != std::string::npos);
        }
    }

    TEST_CASE(
        "a listener that does not read is told the rest later; left out is what is too much") {
        BoardRegistry registry;
        for (int i = 0; i < 1000; ++i)
            registry.add(card(0), "service " + std::to_string(i), nullptr);
        Viewer viewer;
        CHECK_FALSE(viewer.feed.update(registry.boards(), viewer.ours));
        CHECK_FALSE(viewer.shown.complete());
        int rounds = 0;
        while (!viewer.tell(registry.boards()) && rounds < 1000) ++rounds;
        CHECK(viewer.shown.complete());
        CHECK(viewer.shown.snapshot().services.size() == 1000);
        Viewer small;
        small.feed = BoardFeed(3);
        CHECK(small.tell(registry.boards()));
        CHECK(small.feed.left_out() == 997);
        CHECK(small.shown.snapshot().services.size() == 3);
    }
}
