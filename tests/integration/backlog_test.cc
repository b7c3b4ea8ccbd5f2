// SPDX-License-Identifier: ISC
// Who waits in the backlog of a socket that is about to close: while everybody is busy, a stop, or
// a reload, has its service end. They are served before the socket goes.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <csignal>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "daemon/os/socket.h"
#include "tests/integration/client.h"
#include "tests/integration/daemon_under_test.h"
#include "tests/integration/upgradable.h"

using namespace minetd;

namespace {

/// Each way of serving, with two places. Where the service has room for more, its limits have not.
struct Way {
    const char* name;
    const char* line;
    const char* settings;
    bool greets = false;
};

constexpr const char* at_limit = "instances = 2\noverflow = queue\n";
constexpr const char* two_servers = "start_servers = 1\nmax_request_workers = 2\n";
constexpr const char* two_threads =
    "start_servers = 1\nthreads_per_child = 2\n"
    "max_request_workers = 2\n";
constexpr Way ways[] = {
    {"nowait", "nowait {user} /bin/cat cat", at_limit},
    {"single", "nowait {user} internal echo", at_limit},
    {"prefork_program", "prefork {user} /bin/cat cat", two_servers},
    {"prefork", "prefork {user} internal echo", two_servers},
    {"worker", "worker {user} internal echo", two_threads},
    {"event", "event {user} internal echo", at_limit},
    {"threads", "threads {user} internal echo",
     "num_servers = 1\nstart_threads = 1\n"
     "max_threads_per_child = 2\n"},
    {"perchild", "perchild {user} internal echo",
     "num_servers = 1\nstart_threads = 1\nmax_threads_per_child = 2\n"},
    {"intercept", "wait {user} {probe} probe converse 99",
     "instances = 2\noverflow = queue\nintercept = yes\n", true},
    // Looks for a word to end when it is idle.
    {"resident", "prefork {user} {probe} probe resident ready",
     "accept = yes\nstart_servers = 2\nmax_request_workers = 2\n"},
};

const std::span<const Way> all_ways(ways), heeding_term = all_ways.first(std::size(ways) - 1);

std::string services(const std::string& more = "", std::span<const Way> which = all_ways) {
    std::string text;
    for (const Way& way : which) text += fmt::format("{{{}}} stream tcp4 {}\n", way.name, way.line);
    for (const Way& way : which)
        text += fmt::format("[{{{0}}}]\nid = {0}\n{1}{2}", way.name, way.settings, more);
    return text;
}

/// Of one service: two clients who are served and stay, and more behind them who have said all.
class Queue {
  public:
    Queue(const Way& way, std::uint16_t port) : way_(way) {
        for (int i = 0; i < 2; ++i) {
            served_.push_back(std::make_unique<Client>(port));
            if (way.greets) CHECK(served_.back()->line() != "");
            CHECK(served_.back()->say("first") == "first\n");
        }
        for (int i = 0; i < 5; ++i) {
            waiting_.push_back(std::make_unique<Client>(port));
            waiting_.back()->send("waited\n");
            waiting_.back()->finish();
        }
    }
    void go_on() {
        CAPTURE(std::string(way_.name));
        for (auto& client : served_) {
            CHECK(client->say("still here") == "still here\n");
            client->close();
        }
    }
    void must_be_answered() {
        CAPTURE(std::string(way_.name));
        for (auto& client : waiting_) {
            if (way_.greets) CHECK(client->line() != "");
            CHECK(client->rest() == "waited\n");
            CHECK(client->end() == Client::End::closed);
        }
    }
    void must_be_let_down() {
        for (auto& client : waiting_) {
            client->rest();
            CHECK(client->end() != Client::End::none);
        }
    }

  private:
    const Way& way_;
    std::vector<std::unique_ptr<Client>> served_, waiting_;
};

/// One for each way.
template <class PortOf>
std::vector<Queue> queues(const PortOf& port_of, std::span<const Way> which = all_ways) {
    std::vector<Queue> made;
    for (const Way& way : which) made.emplace_back(way, port_of(way.name));
    return made;
}

void must_be_answered(std::vector<Queue>& all) {
    for (Queue& queue : all) queue.go_on();
    for (Queue& queue : all) queue.must_be_answered();
}

void must_refuse(DaemonUnderTest& daemon) {
    for (const Way& way : ways) {
        CAPTURE(std::string(way.name));
        const std::uint16_t port = daemon.port(way.name);
        CHECK(comes_true([&] { return Client(port).end() == Client::End::refused; }));
    }
}

constexpr const char* other = "{other} stream tcp4 nowait {user} internal echo\n";

}  // namespace

TEST_SUITE_BEGIN("backlog");

TEST_CASE("a stop: who waits is served, in every way of serving") {
    DaemonUnderTest daemon(services());
    auto all = queues([&](const char* name) { return daemon.port(name); });
    daemon.signal(SIGTERM);
    daemon.await_output("stopping");
    must_be_answered(all);
    CHECK(daemon.await_exit() == 0);
    must_refuse(daemon);
}

TEST_CASE("a stop: nobody is waited for longer than for sessions") {
    for (const bool asked_again : {false, true}) {
        CAPTURE(asked_again);
        DaemonUnderTest daemon(
            services("", heeding_term) +
            fmt::format("[minetd]\ngraceful_shutdown_timeout = {}\n", asked_again ? 600 : 1));
        auto all = queues([&](const char* name) { return daemon.port(name); }, heeding_term);
        daemon.signal(SIGTERM);
        daemon.await_output("stopping");
        if (asked_again) daemon.signal(SIGTERM);
        for (Queue& queue : all) queue.must_be_let_down();
        CHECK(daemon.await_exit() == 0);
    }
}

TEST_CASE("a reload without the services: who waits is served, and then they are gone") {
    DaemonUnderTest daemon(services());
    auto all = queues([&](const char* name) { return daemon.port(name); });
    daemon.reload(other);
    must_be_answered(all);
    must_refuse(daemon);
    CHECK(Client(daemon.port("other")).ask("served") == "served");
}

TEST_CASE("a reload that moves them: who waits is served, and then who comes to the new address") {
    // The same address as before with another option, and one that contains it.
    DaemonUnderTest daemon(services("bind = 127.0.0.1\n"));
    for (const char* more : {"bind = 127.0.0.1\nreuse_port = yes\n", ""}) {
        CAPTURE(std::string(more));
        auto all = queues([&](const char* name) { return daemon.port(name); });
        daemon.reload(services(more));
        must_be_answered(all);
        for (const Way& way : ways) {
            CAPTURE(std::string(way.name));
            const std::uint16_t port = daemon.port(way.name);
            CHECK(comes_true([&] {
                Client client(port);
                if (way.greets && client.line().empty()) return false;
                return client.ask("new\n") == "new\n";
            }));
        }
    }
}

TEST_CASE("an upgrade meanwhile: who waits is served still") {
    Upgradable minetd(services());
    auto all = queues([&](const char* name) { return minetd.port(name); });
    minetd.daemon().reload(other);
    minetd.must_upgrade();
    must_be_answered(all);
    must_refuse(minetd.daemon());
}

TEST_CASE("after QUIT who waits for a pool is served by it, and then it is gone") {
    constexpr const char* pools =
        "{prefork} stream tcp4 prefork {user} internal echo\n"
        "{program} stream tcp4 prefork {user} /bin/cat cat\n"
        "[defaults]\nstart_servers = 1\nmax_request_workers = 2\n";
    DaemonUnderTest daemon(pools);
    constexpr Way way{"pool", "", ""};
    std::vector<Queue> all;
    for (const char* name : {"prefork", "program"}) all.emplace_back(way, daemon.port(name));
    daemon.signal(SIGQUIT);
    CHECK(daemon.await_exit() == 0);
    must_be_answered(all);
    for (const char* name : {"prefork", "program"}) {
        const std::uint16_t port = daemon.port(name);
        CHECK(comes_true([&] { return Client(port).end() == Client::End::refused; }));
    }
}

TEST_CASE("a unix socket: its path goes at once, and who waits is served") {
    DaemonUnderTest daemon(
        "{dir}/socket stream unix prefork {user} internal echo\n"
        "[{dir}/socket]\nstart_servers = 1\nmax_request_workers = 1\n");
    const SocketAddress address = address_of_path(daemon.file("socket"));
    Client served(address), waiting(address);
    CHECK(served.say("first") == "first\n");
    waiting.send("waited\n");
    daemon.reload(other);
    CHECK_THROWS(Client(address));
    served.close();
    CHECK(waiting.ask("") == "waited\n");
    CHECK(daemon.stop() == 0);
}

TEST_SUITE_END();
