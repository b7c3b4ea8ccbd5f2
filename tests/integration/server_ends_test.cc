// SPDX-License-Identifier: ISC
// The ends of a pool's servers, killed, outgrown or of an older generation: what their clients see,
// and who comes in their place.
#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/at_once.h"
#include "tests/integration/client.h"
#include "tests/integration/daemon_under_test.h"
#include "tests/integration/process_tree.h"

using namespace minetd;

namespace {

std::vector<pid_t> leaves(const DaemonUnderTest& daemon) {
    std::vector<pid_t> found;
    for (const ProcessView& process : descendants(daemon.pid()))
        if (descendants(process.pid).empty()) found.push_back(process.pid);
    return found;
}

constexpr const char* pools[] = {"prefork", "worker", "event"};

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point began) {
    return std::chrono::duration<double>(Clock::now() - began).count();
}

}  // namespace

TEST_SUITE_BEGIN("pools");

TEST_CASE("servers killed at random cost their own clients only, and no place is lost") {
    at_once(pools, [](const char* mpm) {
        CAPTURE(std::string(mpm));
        DaemonUnderTest daemon("{echo} stream tcp4 " + std::string(mpm) +
                               " {user} internal echo\n[{echo}]\ninstances = 40\n"
                               "threads_per_child = 8\nmin_spare_threads = 8\n"
                               "max_spare_threads = 24\n");
        const std::uint16_t port = daemon.port("echo");
        for (int round = 0; round < 20; ++round) {
            std::vector<Client> clients;
            for (int i = 0; i < 10; ++i) {
                clients.emplace_back(port);
                clients.back().send("x");
            }
            const std::vector<pid_t> servers = leaves(daemon);
            if (!servers.empty())
                ::kill(servers[static_cast<std::size_t>(round) % servers.size()], SIGKILL);
            for (Client& client : clients) client.ask("y");
            CHECK(Client(port).ask("whoever comes next") == "whoever comes next");
        }
        // All forty places are there: forty at once are served, the next is not.
        CHECK(comes_true([&] {
            std::vector<Client> all;
            for (int i = 0; i < 40; ++i) {
                all.emplace_back(port);
                all.back().send("x");
            }
            return std::ranges::all_of(all, [](Client& client) { return client.bytes(1) == "x"; });
        }));
        CHECK(daemon.alive());
    });
}

TEST_CASE("server_limit and thread_limit grow with a reload, while conversations go on") {
    const auto configuration = [](const std::string& limits) {
        return "{fork} stream tcp4 prefork {user} internal echo\n"
               "{work} stream tcp4 worker {user} internal echo\n" +
               limits;
    };
    DaemonUnderTest daemon(
        configuration("[{fork}]\nserver_limit = 2\nstart_servers = 1\nmin_spare_servers = 1\n"
                      "max_spare_servers = 2\n"
                      "[{work}]\nserver_limit = 1\nthreads_per_child = 2\nthread_limit = 2\n"
                      "min_spare_threads = 1\nmax_spare_threads = 3\n"));
    std::vector<Client> held;
    for (const char* name : {"fork", "work"}) {
        for (int i = 0; i < 2; ++i) {
            held.emplace_back(daemon.port(name));
            held.back().send("x");
            REQUIRE(held.back().bytes(1) == "x");
        }
    }
    daemon.reload(
        configuration("[{fork}]\nserver_limit = 40\nstart_servers = 1\nmin_spare_servers = 1\n"
                      "max_spare_servers = 2\n"
                      "[{work}]\nserver_limit = 2\nthreads_per_child = 100\nthread_limit = 200\n"
                      "min_spare_threads = 1\nmax_spare_threads = 200\n"));
    for (const char* name : {"fork", "work"}) {
        CAPTURE(std::string(name));
        std::vector<Client> more;
        for (int i = 0; i < 40; ++i) {
            more.emplace_back(daemon.port(name));
            more.back().send("y");
        }
        for (Client& client : more) CHECK(client.bytes(1) == "y");
    }
    for (Client& client : held) CHECK(client.ask("z") == "z");
}

TEST_CASE("max_connections_per_child: whoever comes while a server retires is not forgotten") {
    for (const char* mpm : {"worker", "event"}) {
        CAPTURE(std::string(mpm));
        DaemonUnderTest daemon("{echo} stream tcp4 " + std::string(mpm) +
                               " {user} internal echo\n[{echo}]\nstart_servers = 2\n"
                               "threads_per_child = 4\nmin_spare_threads = 8\n"
                               "max_spare_threads = 16\nrecycle_jitter = 0\n"
                               "max_connections_per_child = 3\n");
        const std::uint16_t port = daemon.port("echo");
        // After each pair nobody comes who would wake another server for it.
        for (int i = 0; i < 300; ++i) {
            Client first(port), second(port);
            REQUIRE(first.ask("x") == "x");
            REQUIRE(second.ask("y") == "y");
        }
    }
}

TEST_CASE("a server that has outgrown max_memory_per_child is replaced") {
    DaemonUnderTest daemon(R"(
{echo} stream tcp4 prefork {user} internal echo
[{echo}]
max_memory_per_child = 64K
start_servers = 1
min_spare_servers = 1
max_spare_servers = 2
)");
    // No process is that small: each is replaced within a second or two, and nobody notices.
    const std::vector<pid_t> before = leaves(daemon);
    CHECK(comes_true([&] {
        CHECK(Client(daemon.port("echo")).ask("x") == "x");
        const std::vector<pid_t> now = leaves(daemon);
        return std::ranges::find_first_of(before, now) == before.end();
    }));
}

TEST_CASE("a server that goes closes HTTP connections between two requests, and waits for others") {
    at_once(pools, [](const char* mpm) {
        CAPTURE(std::string(mpm));
        const std::string text = "{http} stream tcp4 " + std::string(mpm) +
                                 " {user} internal http {dir}\n"
                                 "[{http}]\nkeep_alive_timeout = 20\n";
        DaemonUnderTest daemon(text);
        write_file(daemon.file("page"), "hello");
        const std::string request = "GET /page HTTP/1.1\r\nHost: x\r\n\r\n";
        Client idle(daemon.port("http")), again(daemon.port("http"));
        for (Client* client : {&idle, &again}) {
            client->send(request);
            while (client->line() != "\r\n") CHECK(client->end() == Client::End::none);
            CHECK(client->bytes(5).starts_with("hello"));
        }
        daemon.reload(text + "idle_timeout = 100\n");
        const auto began = Clock::now();
        if (std::string(mpm) == "event") {
            idle.rest();
            CHECK(idle.end() == Client::End::closed);
        }
        // Where a thread waits in the call that reads, the answer to the next request is the last.
        std::this_thread::sleep_for(std::chrono::milliseconds(500));
        again.send(request);
        again.rest();
        CHECK(again.end() != Client::End::none);
        CHECK(seconds_since(began) < 15);
    });
}

TEST_CASE("drain_timeout: an old generation has that long for its conversations") {
    at_once(pools, [](const char* mpm) {
        CAPTURE(std::string(mpm));
        const std::string line = "{echo} stream tcp4 " + std::string(mpm) +
                                 " {user} internal echo\n[{echo}]\ndrain_timeout = 1\n";
        DaemonUnderTest daemon(line);
        Client held(daemon.port("echo"));
        held.send("x");
        CHECK(held.bytes(1) == "x");
        daemon.reload(line + "idle_timeout = 200\n");
        CHECK(Client(daemon.port("echo")).ask("new") == "new");
        held.send("y");
        CHECK(held.bytes(1) == "y");
        held.rest();
        CHECK(held.end() != Client::End::none);
        daemon.await_output("have not finished after 1 s");
    });
}

TEST_SUITE_END();
