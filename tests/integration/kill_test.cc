// SPDX-License-Identifier: ISC
// A storm of SIGKILL over the servers of a pool under load: who was with a killed server loses that
// conversation, nobody else notices anything, and afterwards every count is true and every place is
// there. MINETD_KILL_SECONDS says how long; 6 by default.
#include <doctest/doctest.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <random>
#include <set>
#include <stop_token>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "daemon/os/socket_address.h"
#include "tests/integration/client.h"
#include "tests/integration/daemon_under_test.h"
#include "tests/integration/doomed.h"
#include "tests/integration/process_sockets.h"
#include "tests/integration/process_tree.h"

using namespace minetd;

namespace {

using Clock = std::chrono::steady_clock;

// Whoever was cut off comes again before the dead have been reaped, so all may count twice for that
// moment: the next one is killed when the dead are gone. The pool's places are as many as the
// limit: one that is lost is missed.
constexpr unsigned clients = 16, instances = 40;

std::chrono::seconds storm_length() {
    const char* value = std::getenv("MINETD_KILL_SECONDS");
    return std::chrono::seconds(value != nullptr ? std::atoi(value) : 6);
}

/// The processes that serve: children of the keeper, which is the daemon's child.
std::vector<pid_t> servers_of(const DaemonUnderTest& daemon) {
    std::vector<pid_t> found;
    for (const ProcessView& keeper : descendants(daemon.pid()))
        if (keeper.parent == daemon.pid())
            for (const ProcessView& server : descendants(keeper.pid))
                if (server.parent == keeper.pid && server.state != 'Z') found.push_back(server.pid);
    return found;
}

/// What the clients saw.
struct Outcome {
    std::atomic<unsigned long> connections{0}, answers{0};
    std::atomic<unsigned long> cut{0};         ///< ended before an answer
    std::atomic<unsigned long> undeserved{0};  ///< of these: their servers were not killed
    std::atomic<unsigned long> refused{0}, stuck{0};
};

/// Requests and answers on one connection; false when it ended before an answer.
bool converse(Client& client, unsigned requests, const std::stop_token& over, Outcome& outcome) {
    for (unsigned i = 0; i < requests && !over.stop_requested(); ++i) {
        const std::string text = "request " + std::to_string(i) + "\n";
        client.send(text);
        if (client.line() != text) return false;
        ++outcome.answers;
    }
    client.finish();
    client.rest();
    return true;
}

/// Connections short and long, one after the other.
void come_again(std::uint16_t port, unsigned seed, const std::stop_token& over, Doomed& doomed,
                Outcome& outcome) {
    std::minstd_rand chance(seed);
    while (!over.stop_requested()) try {
            const auto began = Clock::now();
            Client client(port);
            if (client.end() == Client::End::refused) {
                ++outcome.refused;
                continue;
            }
            ++outcome.connections;
            const unsigned requests = chance() % 2 == 0 ? 1 : 2 + chance() % 2000;
            if (converse(client, requests, over, outcome)) continue;
            ++outcome.cut;
            outcome.undeserved += !doomed.contains(local_address(client.fd()).port(), began);
        } catch (const std::system_error&) {
            ++outcome.stuck;
        }
}

struct Kills {
    unsigned servers = 0;
    unsigned long connections = 0;  ///< that the killed held
};

/// Stops a server, so that what it holds stays what it holds, notes that, and kills it.
void kill_one(pid_t server, Doomed& doomed, Kills& kills) {
    if (::kill(server, SIGSTOP) < 0) return;
    comes_true([&] { return is_stopped(server); });
    const std::set<std::uint16_t> peers = peers_of(server);
    doomed.add(peers);
    kills.connections += peers.size();
    ++kills.servers;
    ::kill(server, SIGKILL);
    comes_true([&] { return ::kill(server, 0) < 0; });
}

/// How many of `count` connections made at once are served while all are open.
unsigned served_at_once(std::uint16_t port, unsigned count, std::vector<Client>& held) {
    for (unsigned i = 0; i < count; ++i) {
        held.emplace_back(port);
        held.back().send("x\n");
    }
    unsigned served = 0;
    for (Client& client : held) served += client.line() == "x\n";
    return served;
}

}  // namespace

TEST_SUITE_BEGIN("kill");

TEST_CASE("servers killed under load: their own connections fail, and the counts stay true") {
    for (const char* mpm : {"prefork", "worker", "event"}) {
        CAPTURE(std::string(mpm));
        DaemonUnderTest daemon("{echo} stream tcp4 " + std::string(mpm) +
                               " {user} internal echo\n[{echo}]\noverflow = refuse\n"
                               "instances = 40\nper_source = 40\nmax_request_workers = 40\n"
                               "threads_per_child = 8\nmin_spare_threads = 8\n"
                               "max_spare_threads = 24\nserver_limit = 40\n");
        const std::uint16_t port = daemon.port("echo");
        Outcome outcome;
        Doomed doomed;
        Kills kills;
        std::vector<std::jthread> threads;
        for (unsigned i = 0; i < clients; ++i)
            threads.emplace_back([&, i](const std::stop_token& over) {
                come_again(port, i + 1, over, doomed, outcome);
            });
        std::minstd_rand chance(4711);
        auto next_kill = Clock::now();
        // On a slow machine a few kills may all have hit nobody's server.
        const auto end = next_kill + storm_length(), late = next_kill + 5 * storm_length();
        while (Clock::now() < end || (outcome.cut == 0 && Clock::now() < late)) {
            next_kill += std::chrono::milliseconds(50 + chance() % 101);
            std::this_thread::sleep_until(next_kill);
            const std::vector<pid_t> servers = servers_of(daemon);
            if (!servers.empty()) kill_one(servers[chance() % servers.size()], doomed, kills);
        }
        for (std::jthread& thread : threads) thread.request_stop();
        threads.clear();

        CHECK(outcome.cut > 0);
        CHECK(outcome.cut <= kills.connections);
        CHECK(outcome.undeserved == 0);
        CHECK(outcome.refused == 0);
        CHECK(outcome.stuck == 0);
        CHECK(daemon.lines_with("FAIL") == 0);
        CHECK(daemon.alive());
        CHECK(Client(port).ask("whoever comes next") == "whoever comes next");

        // A second later the counts are true: so many at once are served, and the next is not.
        std::this_thread::sleep_for(std::chrono::seconds(1));
        std::vector<Client> held;
        const unsigned served = served_at_once(port, instances, held);
        CHECK(served == instances);
        Client next(port);
        next.send("x\n");
        CHECK(next.line().empty());
        daemon.await_output("FAIL");
        for (Client& client : held) client.send("y\n");
        for (Client& client : held) CHECK(client.line() == "y\n");
        MESSAGE(std::string(mpm), ": ", storm_length().count(), " s, ", kills.servers,
                " servers killed, which held ", kills.connections, " connections; of ",
                outcome.connections.load(), " connections with ", outcome.answers.load(),
                " answers ", outcome.cut.load(), " were cut off, ", outcome.undeserved.load(),
                " of them not by a kill; ", outcome.refused.load(), " refused; afterwards ", served,
                " of ", instances, " at once");
    }
}

TEST_SUITE_END();
