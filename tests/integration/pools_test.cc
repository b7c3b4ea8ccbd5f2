// SPDX-License-Identifier: ISC
// What pools promise beyond serving: whose processes see what, who waits, who makes room, and who
// is let go.
#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/at_once.h"
#include "tests/integration/client.h"
#include "tests/integration/daemon_under_test.h"
#include "tests/integration/process_sockets.h"
#include "tests/integration/process_tree.h"

using namespace minetd;

namespace {

/// The inode of the socket that listens on this IPv4 address (proc_net(5): /proc/net/tcp).
std::set<ino_t> listeners(const std::string& host, std::uint16_t port) {
    const SocketAddress address = address_of(host, port);
    char wanted[32];
    std::snprintf(wanted, sizeof wanted, "%08X:%04X", address.v4.sin_addr.s_addr, port);
    std::ifstream table("/proc/net/tcp");
    std::set<ino_t> inodes;
    std::string line;
    while (std::getline(table, line)) {
        char local[32], state[8];
        unsigned long inode = 0;
        if (std::sscanf(line.c_str(), " %*d: %31s %*s %7s %*s %*s %*s %*d %*d %lu", local, state,
                        &inode) == 3 &&
            std::string(local) == wanted && std::string(state) == "0A")
            inodes.insert(inode);
    }
    return inodes;
}

constexpr const char* kinds_of_pools[] = {"nowait", "prefork", "worker", "event"};

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point began) {
    return std::chrono::duration<double>(Clock::now() - began).count();
}

}  // namespace

TEST_SUITE_BEGIN("pools");

TEST_CASE("assign_user: only that user's processes ever hold the address's socket") {
    if (::geteuid() != 0) {
        MESSAGE("skipped: changing users needs root");
        return;
    }
    DaemonUnderTest daemon(R"(
{echo} stream tcp4 perchild nobody internal echo
[{echo}]
bind = 127.0.0.1 127.0.0.2 127.0.0.3
assign_user = 127.0.0.2 daemon, 127.0.0.3 games
num_servers = 2
start_threads = 2
)");
    const std::uint16_t port = daemon.port("echo");
    const struct {
        const char* host;
        uid_t uid;
    } rows[] = {{"127.0.0.1", 65534}, {"127.0.0.2", 1}, {"127.0.0.3", 5}};
    for (const auto& row : rows) {
        CAPTURE(row.host);
        Client client(address_of(row.host, port));
        CHECK(client.ask("for whom?") == "for whom?");
        const std::set<ino_t> sockets = listeners(row.host, port);
        REQUIRE(sockets.size() == 1);
        unsigned holders = 0;
        for (const ProcessView& process : descendants(daemon.pid())) {
            if (!sockets_of(process.pid).contains(*sockets.begin())) continue;
            CHECK(process.uid == row.uid);
            ++holders;
        }
        CHECK(holders >= 2);
    }
    // Another user for an address, while a conversation of the old one goes on.
    Client held(address_of("127.0.0.2", port));
    held.send("before ");
    CHECK(held.bytes(7) == "before ");
    daemon.reload(R"(
{echo} stream tcp4 perchild nobody internal echo
[{echo}]
bind = 127.0.0.1 127.0.0.2 127.0.0.3
assign_user = 127.0.0.2 games, 127.0.0.3 games
num_servers = 2
start_threads = 2
)");
    CHECK(Client(address_of("127.0.0.2", port)).ask("anew") == "anew");
    CHECK(held.ask("after") == "after");
    const std::set<ino_t> sockets = listeners("127.0.0.2", port);
    CHECK(comes_true([&] {
        return std::ranges::all_of(descendants(daemon.pid()), [&](const ProcessView& process) {
            return process.uid == 5 || !sockets_of(process.pid).contains(*sockets.begin());
        });
    }));
}

TEST_CASE("listen_cores_buckets_ratio: every bucket is served") {
    DaemonUnderTest daemon(
        "{echo} stream tcp4 prefork {user} internal echo\n"
        "[{echo}]\nbind = 127.0.0.1\nlisten_cores_buckets_ratio = 1\n");
    const std::uint16_t port = daemon.port("echo");
    const auto processors = static_cast<std::size_t>(std::thread::hardware_concurrency());
    CHECK(listeners("127.0.0.1", port).size() == processors);
    for (int i = 0; i < 100; ++i) CHECK(Client(port).ask("x") == "x");
}

TEST_CASE("event: under pressure the longest idle connection makes room, and only that") {
    DaemonUnderTest daemon(R"(
{echo} stream tcp4 event {user} internal echo
[{echo}]
start_servers = 1
server_limit = 1
threads_per_child = 1
max_request_workers = 1
min_spare_threads = 1
max_spare_threads = 2
async_request_worker_factor = 9
)");
    // 1 + 9 x 1 = 10 connections.
    const std::uint16_t port = daemon.port("echo");
    std::vector<Client> idle;
    for (int i = 0; i < 10; ++i) {
        idle.emplace_back(port);
        idle.back().send("x");
        REQUIRE(idle.back().bytes(1) == "x");
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    Client next(port);
    CHECK(next.ask("let me in") == "let me in");
    idle[0].rest();
    CHECK(idle[0].end() != Client::End::none);
    for (std::size_t i = 1; i < idle.size(); ++i) {
        CAPTURE(i);
        CHECK(idle[i].ask("still here") == "still here");
    }
}

TEST_CASE("event and worker: thousands of idle connections leave the next one its turn") {
    DaemonUnderTest daemon(R"(
{echo} stream tcp4 event {user} internal echo
[{echo}]
start_servers = 1
async_request_worker_factor = 200
)");
    const std::uint16_t port = daemon.port("echo");
    std::vector<Client> idle;
    for (int i = 0; i < 1000; ++i) idle.emplace_back(port);
    for (int i = 0; i < 20; ++i) CHECK(Client(port).ask("quick") == "quick");
    for (Client& client : idle) CHECK(client.ask("late") == "late");
}

TEST_CASE("each deadline lets go of its own clients only") {
    at_once(kinds_of_pools, [](const char* mpm) {
        CAPTURE(std::string(mpm));
        const std::string serve = mpm;
        DaemonUnderTest daemon("{first} stream tcp4 " + serve + " {user} internal echo\n" +
                               "{keep} stream tcp4 " + serve + " {user} internal echo\n" +
                               "{write} stream tcp4 " + serve +
                               " {user} internal chargen\n"
                               "[{first}]\nfirst_byte_timeout = 1\n"
                               "[{keep}]\nkeep_alive_timeout = 1\n"
                               "[{write}]\nid = write\nwrite_timeout = 1\n"
                               "log_on_success = EXIT\n");
        Client deaf(daemon.port("write"));
        const int small = 4096;
        setsockopt(deaf.fd(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
        {
            const auto began = Clock::now();
            Client silent(daemon.port("first")), talks(daemon.port("first"));
            talks.send("x");
            CHECK(talks.bytes(1) == "x");
            CHECK(silent.rest().empty());
            CHECK(silent.end() == Client::End::closed);
            CHECK(seconds_since(began) > 0.9);
            CHECK(seconds_since(began) < 20);
            CHECK(talks.ask("y") == "y");
        }
        {
            Client idle(daemon.port("keep")), silent(daemon.port("keep"));
            idle.send("x");
            CHECK(idle.rest() == "x");
            CHECK(idle.end() == Client::End::closed);
            CHECK(silent.ask("late, but the first") == "late, but the first");
        }
        daemon.await_output("EXIT: write");
        deaf.rest();
        CHECK(deaf.end() != Client::End::none);
    });
}

TEST_CASE("overflow = queue: whoever is over the limit waits for a place, in every MPM") {
    for (const char* mpm : {"nowait", "prefork", "worker", "event"}) {
        CAPTURE(std::string(mpm));
        DaemonUnderTest daemon("{echo} stream tcp4 " + std::string(mpm) +
                               " {user} internal echo\n[{echo}]\ninstances = 3\n"
                               "overflow = queue\nstart_servers = 3\n");
        const std::uint16_t port = daemon.port("echo");
        std::vector<Client> clients;
        for (int i = 0; i < 30; ++i) {
            clients.emplace_back(port);
            clients.back().send("x");
        }
        // Served in threes, each as soon as another has gone.
        int served = 0;
        for (int i = 0; i < 1000 && served < 30; ++i) {
            for (auto client = clients.begin(); client != clients.end();) {
                char byte;
                if (::recv(client->fd(), &byte, 1, MSG_DONTWAIT) == 1) {
                    CHECK(client->ask("y") == "y");
                    client = clients.erase(client);
                    ++served;
                } else {
                    ++client;
                }
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        CHECK(served == 30);
        CHECK(daemon.lines_with("FAIL") == 0);
    }
}

TEST_CASE("overflow = refuse: a full pool refuses with a record, and takes the next when it can") {
    DaemonUnderTest daemon(R"(
{echo} stream tcp4 prefork {user} internal echo
[{echo}]
max_request_workers = 2
min_spare_servers = 1
max_spare_servers = 2
start_servers = 2
overflow = refuse
)");
    const std::uint16_t port = daemon.port("echo");
    std::vector<Client> held;
    for (int i = 0; i < 2; ++i) {
        held.emplace_back(port);
        held.back().send("x");
        REQUIRE(held.back().bytes(1) == "x");
    }
    CHECK(comes_true([&] {
        Client refused(port);
        return refused.rest().empty() && refused.end() != Client::End::none;
    }));
    daemon.await_output("all servers are busy");
    for (Client& client : held) CHECK(client.ask("y") == "y");
    CHECK(comes_true([&] { return Client(port).ask("again") == "again"; }));
}

TEST_SUITE_END();
