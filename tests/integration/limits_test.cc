// SPDX-License-Identifier: ISC
// Limits are exact: N is served and N+1 is not, however many come at once, in every way of serving.
#include <doctest/doctest.h>
#include <poll.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/client.h"
#include "tests/integration/daemon_under_test.h"
#include "tests/integration/gauge.h"

using namespace minetd;

namespace {

/// All at once: connects `count` clients and says how many were told "held". Those stay connected.
std::vector<std::unique_ptr<Client>> storm(std::uint16_t port, int count) {
    std::vector<std::unique_ptr<Client>> clients(static_cast<std::size_t>(count));
    std::vector<char> held(clients.size());
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < clients.size(); ++i)
        threads.emplace_back([&, i] {
            clients[i] = std::make_unique<Client>(port);
            held[i] = clients[i]->line() == "held\n";
        });
    for (std::thread& thread : threads) thread.join();
    std::vector<std::unique_ptr<Client>> result;
    for (std::size_t i = 0; i < clients.size(); ++i)
        if (held[i]) result.push_back(std::move(clients[i]));
    return result;
}

}  // namespace

TEST_SUITE_BEGIN("limits");

TEST_CASE("instances: exactly N at once, and free again when one ends") {
    for (const char* serve : {"nowait", "prefork"}) {
        CAPTURE(std::string(serve));
        DaemonUnderTest daemon(std::string("{held} stream tcp4 ") + serve +
                               " {user} {probe} probe hold {dir}/gauge\n"
                               "[defaults]\nlog_on_success = EXIT\nlog_on_failure = HOST\n"
                               "[{held}]\nid = held\ninstances = 5\nstart_servers = 8\n"
                               "min_spare_servers = 4\n");
        Gauge& gauge = Gauge::create(daemon.file("gauge"));
        for (int round = 1; round <= 3; ++round) {
            CAPTURE(round);
            auto clients = storm(daemon.port("held"), 24);
            CHECK(clients.size() == 5);
            CHECK(gauge.now == 5);
            clients.clear();
            daemon.await_lines("EXIT: held", 5 * round);
        }
        CHECK(gauge.most == 5);
        CHECK(gauge.entered == 15);
        daemon.await_output("FAIL: held service_limit from=127.0.0.1");
    }
}

TEST_CASE("the suffix /N lets them wait: nobody is refused, and never more than N run") {
    for (const char* serve : {"nowait", "prefork"}) {
        CAPTURE(std::string(serve));
        DaemonUnderTest daemon(std::string("{held} stream tcp4 ") + serve +
                               "/3 {user} {probe} probe hold {dir}/gauge\n");
        Gauge& gauge = Gauge::create(daemon.file("gauge"));
        std::vector<std::thread> threads;
        std::vector<char> served(20);
        for (std::size_t i = 0; i < served.size(); ++i)
            threads.emplace_back([&, i] {
                Client client(daemon.port("held"));
                served[i] = client.line() == "held\n";
            });
        for (std::thread& thread : threads) thread.join();
        for (const char one : served) CHECK(one == 1);
        CHECK(gauge.entered == 20);
        CHECK(gauge.most <= 3);
    }
}

TEST_CASE("who waits is served when those have left whom servers of another kind still serve") {
    const auto configuration = [](const char* serve) {
        return std::string("{held} stream tcp4 ") + serve +
               "/2 {user} {probe} probe hold {dir}/gauge\n";
    };
    const char* const kinds[] = {"prefork", "nowait", "prefork"};
    DaemonUnderTest daemon(configuration(kinds[0]));
    Gauge& gauge = Gauge::create(daemon.file("gauge"));
    for (std::size_t i = 1; i < std::size(kinds); ++i) {
        CAPTURE(std::string(kinds[i]));
        Client first(daemon.port("held")), second(daemon.port("held"));
        CHECK(first.line() == "held\n");
        CHECK(second.line() == "held\n");
        daemon.reload(configuration(kinds[i]));
        Client third(daemon.port("held"));
        first.close();
        CHECK(third.line() == "held\n");
        CHECK(gauge.most == 2);
        second.close();
    }
}

TEST_CASE("the suffixes of every dialect: exactly N") {
    struct Case {
        const char* serve;
        int at_once;  ///< served of ten that stay
    };
    const Case table[] = {
        {"nowait.4", 4},     {"nowait:4", 4},     {"nowait/4", 4},  {"nowait/7/4", 4},
        {"nowait/7/6/4", 4}, {"nowait/0/6/3", 3}, {"prefork/4", 4}, {"nowait", 10},
    };
    for (const Case& row : table) {
        CAPTURE(std::string(row.serve));
        DaemonUnderTest daemon(std::string("{held} stream tcp4 ") + row.serve +
                               " {user} {probe} probe hold {dir}/gauge\n"
                               // Where a suffix would let them wait, they are to be counted here.
                               "[{held}]\noverflow = refuse\n");
        Gauge& gauge = Gauge::create(daemon.file("gauge"));
        const auto clients = storm(daemon.port("held"), 10);
        CHECK(static_cast<int>(clients.size()) == row.at_once);
        CHECK(gauge.most == row.at_once);
    }
}

TEST_CASE("the limit of starts counts the finished ones; the limit at once does not") {
    struct Case {
        const char* serve;
        int served;  ///< of eight, one after the other
    };
    const Case table[] = {{"nowait.3", 3}, {"nowait/3", 8}, {"nowait/0/3", 3}, {"nowait/0/0/1", 8}};
    for (const Case& row : table) {
        CAPTURE(std::string(row.serve));
        DaemonUnderTest daemon(std::string("{line} stream tcp4 ") + row.serve +
                               " {user} {probe} probe answer\n"
                               "[defaults]\nlog_on_success = EXIT\n[{line}]\nid = line\n");
        int served = 0;
        for (int i = 0; i < 8; ++i) {
            if (Client(daemon.port("line")).ask("x\n") != "x\n") continue;
            daemon.await_lines("EXIT: line", ++served);
        }
        CHECK(served == row.served);
        // The port is never given away: one can still connect, and is told nothing.
        Client late(daemon.port("line"));
        CHECK(late.end() != Client::End::refused);
    }
}

TEST_CASE("builtins are under the limits too") {
    DaemonUnderTest daemon(
        "{echo} stream tcp4 nowait.3 {user} internal echo\n"
        "{pool} stream tcp4 prefork.3 {user} internal echo\n");
    for (const char* name : {"echo", "pool"}) {
        CAPTURE(std::string(name));
        int served = 0;
        for (int i = 0; i < 8; ++i) served += Client(daemon.port(name)).ask("x") == "x";
        CHECK(served == 3);
    }
}

TEST_CASE("sources: each address has its own count, all of an IPv6 /64 share one") {
    DaemonUnderTest daemon(
        "{held} stream tcp4 nowait/0/0/2 {user} {probe} probe hold {dir}/gauge\n"
        "[defaults]\nlog_on_failure = HOST\n[{held}]\nid = held\n");
    Gauge& gauge = Gauge::create(daemon.file("gauge"));
    const auto here = storm(daemon.port("held"), 6);
    CHECK(here.size() == 2);
    // Another loopback address is another source.
    const SocketAddress server = address_of("127.0.0.1", daemon.port("held"));
    const UniqueFd other(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const SocketAddress source = address_of("127.0.0.9", 0);
    REQUIRE(bind(other.get(), source.raw(), source.length) == 0);
    REQUIRE(connect(other.get(), server.raw(), server.length) == 0);
    char word[5];
    CHECK(recv(other.get(), word, sizeof word, MSG_WAITALL) == 5);
    CHECK(gauge.now == 3);
    daemon.await_output("FAIL: held per_source_limit from=127.0.0.1");
}

TEST_CASE("cps: at most N in a second, then a pause; the port stays bound") {
    DaemonUnderTest daemon(
        "{line} stream tcp4 nowait {user} {probe} probe answer\n"
        "[{line}]\nid = line\ncps = 5 3600\n");
    int served = 0;
    for (int i = 0; i < 30; ++i) {
        Client client(daemon.port("line"));
        CHECK(client.end() != Client::End::refused);
        served += client.ask("x\n") == "x\n";
    }
    // The thirty cannot take so long that the pause is over, but may straddle a second or more.
    CHECK(served >= 5);
    CHECK(served < 30);
    daemon.await_output("FAIL: line connections per second");
}

TEST_CASE("few descriptors: the daemon survives, and serves again when there are some") {
    DaemonUnderTest daemon(R"(
{held} stream tcp4 nowait {user} {probe} probe hold {dir}/gauge
{echo} stream tcp4 nowait {user} internal echo
)",
                           {.descriptors = 48});
    Gauge& gauge = Gauge::create(daemon.file("gauge"));
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 90; ++i) {
        clients.push_back(std::make_unique<Client>(daemon.port("held")));
        clients.push_back(std::make_unique<Client>(daemon.port("echo")));
        CHECK(clients[clients.size() - 2]->end() != Client::End::refused);
        CHECK(clients.back()->end() != Client::End::refused);
    }
    CHECK(daemon.alive());
    clients.clear();
    CHECK(Client(daemon.port("held")).line() == "held\n");
    CHECK(Client(daemon.port("echo")).ask("again") == "again");
    CHECK(gauge.entered >= 1);
    CHECK(daemon.alive());
}

TEST_CASE("few descriptors: a server has no more threads than it can serve clients with") {
    DaemonUnderTest daemon(R"(
{echo} stream tcp4 worker {user} internal echo
[{echo}]
start_servers = 1
server_limit = 1
threads_per_child = 64
min_spare_threads = 1
max_spare_threads = 64
rlimit_files = 60
)");
    daemon.await_output("for 64, raise its rlimit_files");
    std::vector<Client> clients;
    for (int i = 0; i < 8; ++i) {
        clients.emplace_back(daemon.port("echo"));
        clients.back().send("x");
        CHECK(clients.back().bytes(1) == "x");
    }
    CHECK(daemon.lines_with("no more than") == 1);
    CHECK(daemon.lines_with("no further thread") == 0);
}

TEST_CASE("process_limit: programs of all nowait services together, and over a reload") {
    const std::string lines =
        "{one} stream tcp4 nowait {user} /bin/cat cat\n"
        "{two} stream tcp4 nowait {user} /bin/cat cat\n"
        "{builtin} stream tcp4 nowait {user} internal echo\n"
        "[{two}]\nid = two\nno_access = 127.0.0.2\n";
    DaemonUnderTest daemon(lines + "[minetd]\nprocess_limit = 2\n");
    const auto served = [](Client& client) {
        client.send("x\n");
        return client.line() == "x\n";
    };
    Client first(daemon.port("one")), second(daemon.port("two"));
    CHECK(served(first));
    CHECK(served(second));
    CHECK(Client(daemon.port("two")).ask("x\n") == "");
    daemon.await_output("FAIL: two process_limit from=127.0.0.1");
    // Who is nobody's guest is told so, full or not.
    CHECK_FALSE(is_served(client_from("127.0.0.2", daemon.port("two"))));
    daemon.await_output("FAIL: two address from=127.0.0.2");
    CHECK(Client(daemon.port("builtin")).ask("x\n") == "x\n");
    daemon.reload(lines + "[minetd]\nprocess_limit = 3\n");
    Client third(daemon.port("two"));
    CHECK(served(third));
    CHECK(Client(daemon.port("one")).ask("x\n") == "");
    // Whoever has ended makes room for the next one. Its client sees the end a moment earlier.
    CHECK(first.ask("") == "");
    bool let_in = false;
    for (int tries = 0; tries < patience_ms / 10 && !let_in; ++tries) {
        Client fourth(daemon.port("one"));
        let_in = served(fourth);
        if (!let_in) ::poll(nullptr, 0, 10);
    }
    CHECK(let_in);
    daemon.reload(lines);
    Client fifth(daemon.port("one"));
    CHECK(served(fifth));
}

TEST_SUITE_END();
