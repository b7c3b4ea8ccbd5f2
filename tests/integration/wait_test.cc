// SPDX-License-Identifier: ISC
// `wait`: the program has the socket to itself, the daemon watches again when it ends, and a
// program that never takes what is waiting does not become a storm of starts.
#include <doctest/doctest.h>

#include <set>
#include <string>

#include "tests/integration/client.h"
#include "tests/integration/daemon_under_test.h"
#include "tests/integration/gauge.h"

using namespace minetd;

TEST_SUITE_BEGIN("wait");

TEST_CASE("a stream program takes connections itself; after its end the next one is started") {
    DaemonUnderTest daemon(R"(
{three} stream tcp4 wait {user} {probe} probe accept 3
[{three}]
id = three
log_on_success = PID EXIT
)");
    for (int round = 1; round <= 4; ++round) {
        std::set<std::string> servers;
        for (int i = 0; i < 3; ++i) servers.insert(Client(daemon.port("three")).rest());
        CHECK(servers.size() == 1);
        daemon.await_lines("EXIT: three status=0", round);
    }
    CHECK(daemon.lines_with("START: three") == 4);
}

TEST_CASE("a datagram program finds the datagram that started it") {
    for (const char* host : {"127.0.0.1", "::1"}) {
        CAPTURE(std::string(host));
        DaemonUnderTest daemon(R"(
{two} dgram udp wait {user} {probe} probe receive 2
[{two}]
id = two
log_on_success = EXIT
)");
        std::set<std::string> servers;
        for (int round = 1; round <= 4; ++round) {
            std::string server;
            for (int i = 0; i < 2; ++i) {
                Client client(address_of(host, daemon.port("two")), SOCK_DGRAM);
                client.send("a word");
                const std::string reply = client.receive();
                CHECK(reply.substr(reply.find(' ')) == " a word");
                CHECK((i == 0 || server == reply.substr(0, reply.find(' '))));
                server = reply.substr(0, reply.find(' '));
            }
            servers.insert(server);
            daemon.await_lines("EXIT: two status=0", round);
        }
        CHECK(servers.size() == 4);
    }
}

TEST_CASE("a program that never takes its datagram is stopped, told once, and recovers by itself") {
    DaemonUnderTest daemon(R"(
{loop} dgram udp4 wait {user} {probe} probe never-take {dir}/gauge {dir}/repaired
{good} stream tcp4 nowait {user} {probe} probe answer
[{loop}]
id = loop
)");
    Gauge& gauge = Gauge::create(daemon.file("gauge"));
    Client client(address_of("127.0.0.1", daemon.port("loop")), SOCK_DGRAM);
    client.send("never read");
    daemon.await_output("loop: ");
    const int starts = gauge.entered;
    CHECK(starts >= 1);
    CHECK(starts <= 20);
    // The others are served while this one is on pause.
    CHECK(Client(daemon.port("good")).ask("here\n") == "here\n");
    write_file(daemon.file("repaired"), "");
    client.send("read now");
    const std::string reply = client.receive();
    CHECK(reply.find("read") != std::string::npos);
    CHECK(gauge.entered <= 40);
}

TEST_CASE("a reload that changes a program on pause has it started at once") {
    const auto configuration = [](const std::string& words) {
        return "{loop} dgram udp4 wait {user} {probe} probe " + words + "\n[{loop}]\nid = loop\n";
    };
    const std::string broken = "never-take {dir}/gauge {dir}/repaired";
    DaemonUnderTest daemon(configuration(broken));
    Gauge::create(daemon.file("gauge"));
    Client client(address_of("127.0.0.1", daemon.port("loop")), SOCK_DGRAM);
    client.send("read in the end");
    daemon.await_output("the service pauses for 1 s");
    // No better: its first pause is the first again.
    daemon.reload(configuration(broken + " again"));
    daemon.await_lines("the service pauses for 1 s", 2);
    daemon.reload(configuration("receive 1"));
    CHECK(client.receive().find("read in the end") != std::string::npos);
}

TEST_CASE("wait/1 is wait, never nowait") {
    DaemonUnderTest daemon("{one} stream tcp4 wait/1 {user} {probe} probe accept 2\n");
    const std::string first = Client(daemon.port("one")).rest();
    const std::string second = Client(daemon.port("one")).rest();
    CHECK(!first.empty());
    CHECK(first == second);
}

TEST_CASE("a reload with a running program neither ends it nor starts a second one") {
    const char* configuration =
        "{two} stream tcp4 wait {user} {probe} probe accept 2\n"
        "[{two}]\nid = two\nlog_on_success = EXIT\n";
    DaemonUnderTest daemon(configuration);
    const std::string first = Client(daemon.port("two")).rest();
    CHECK(daemon.reload(configuration).rfind("reloaded: ", 0) == 0);
    CHECK(daemon.reload(std::string(configuration) + "nice = 1\n").rfind("reloaded: ", 0) == 0);
    CHECK(daemon.lines_with("EXIT: two") == 0);
    const std::string second = Client(daemon.port("two")).rest();
    CHECK(!first.empty());
    CHECK(second == first);
    daemon.await_lines("EXIT: two status=0", 1);
    CHECK(Client(daemon.port("two")).rest() != first);
    Client(daemon.port("two")).rest();
}

TEST_SUITE_END();
