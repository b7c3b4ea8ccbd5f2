// SPDX-License-Identifier: ISC
// `intercept`: each peer of a `wait` program is admitted for itself, and the program sees whom it
// serves.
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <set>
#include <string>
#include <vector>

#include "tests/integration/at_once.h"
#include "tests/integration/intercepted.h"
#include "tests/integration/own_network.h"
#include "tests/integration/process_tree.h"

using namespace minetd;

TEST_SUITE_BEGIN("intercept");

TEST_CASE("a stream program gets those who are admitted, from their own addresses") {
    DaemonUnderTest daemon(stream("converse 2", "only_from = 127.0.0.0/24"));
    std::set<pid_t> programs;
    for (int round = 1; round <= 3; ++round) {
        CAPTURE(round);
        {
            Client first = from("127.0.0.1", daemon.port("held"));
            const Told told(first.line());
            CHECK(from("127.1.0.1", daemon.port("held")).rest().empty());
            Client second = from("127.0.0.2", daemon.port("held"));
            const Told other(second.line());
            CHECK(other.pid == told.pid);
            if (is_root()) {
                CHECK(told.peer == own_address(first));
                CHECK(other.peer == own_address(second));
                CHECK(told.rest == address_of("127.0.0.1", daemon.port("held")).str());
            }
            first.send("more\n");
            CHECK(first.line() == "more\n");
            // Whoever ends its half is still answered.
            CHECK(second.ask("to the end\n") == "to the end\n");
            programs.insert(told.pid);
        }
        // The sessions', and the program's.
        daemon.await_lines("EXIT: held status=0", 3 * round);
        daemon.await_lines("TRAFFIC: held in=11(bytes)", round);
    }
    CHECK(programs.size() == 3);
    CHECK(daemon.lines_with("FAIL: held address from=127.1.0.1") == 3);
    CHECK(daemon.lines_with("from=127.0.0.2") == 3);
    CHECK(daemon.lines_with("START: held") == 9);
}

TEST_CASE("a datagram program gets those who are admitted, from their own addresses") {
    at_once(std::array{"127.0.0.1", "::1"}, [](const char* host) {
        CAPTURE(std::string(host));
        DaemonUnderTest daemon("{held} dgram udp wait {user} {probe} probe tell 4\n" +
                               intercept_records +
                               "[{held}]\nid = held\nonly_from = 127.0.0.1 ::1\n");
        std::set<pid_t> programs;
        for (int round = 1; round <= 2; ++round) {
            Client refused = from("127.0.0.3", daemon.port("held"), SOCK_DGRAM);
            refused.send("nobody hears this");
            for (int i = 0; i < 2; ++i) {
                Client client(address_of(host, daemon.port("held")), SOCK_DGRAM);
                for (int word = 0; word < 2; ++word) {
                    const Told told = ask(client, "a word");
                    CHECK(told.rest == "a word");
                    if (is_root()) CHECK(told.peer == own_address(client));
                    programs.insert(told.pid);
                }
            }
            CHECK(is_silent(refused));
            daemon.await_lines("FAIL: held address from=127.0.0.3", round);
        }
        CHECK(programs.size() == 2);
        daemon.await_lines("START: held", 6);
        CHECK(daemon.lines_with("START: held") == 6);
    });
}

TEST_CASE("a datagram that its answer comes from where it was sent to") {
    // The first one was there before anybody could ask where it came to.
    at_once(std::array{"", "127.0.0.9:"}, [](const std::string& bound) {
        CAPTURE(bound);
        DaemonUnderTest daemon(bound + datagram("tell 1"));
        for (const char* host : {"127.0.0.9", "127.0.0.1", "127.3.2.1"}) {
            if (!bound.empty() && bound != host + std::string(":")) continue;
            // A connected socket hears nobody else.
            Client client(address_of(host, daemon.port("held")), SOCK_DGRAM);
            CHECK(ask(client, host).rest == host);
        }
    });
}

TEST_CASE("a program may answer from a socket of its own") {
    DaemonUnderTest daemon(datagram("aside"));
    const int client = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const UniqueFd owned(client);
    for (int round = 1; round <= 2; ++round) {
        const SocketAddress service = address_of("127.0.0.1", daemon.port("held"));
        REQUIRE(::sendto(client, "get", 3, 0, service.raw(), service.length) == 3);
        for (const char* word : {"get", "on"}) {
            pollfd item{.fd = client, .events = POLLIN, .revents = 0};
            REQUIRE(::poll(&item, 1, patience_ms) == 1);
            SocketAddress from;
            from.length = SocketAddress::capacity;
            char bytes[512];
            const ssize_t size =
                ::recvfrom(client, bytes, sizeof bytes, 0, from.raw(), &from.length);
            REQUIRE(size > 0);
            CHECK(Told({bytes, static_cast<std::size_t>(size)}).rest == word);
            CHECK(from.port() != service.port());
            if (word == std::string("get"))
                REQUIRE(::sendto(client, "on", 2, 0, from.raw(), from.length) == 2);
        }
        daemon.await_lines("START: held pid=", 2 * round - (round - 1));
    }
}

TEST_CASE("without a network of its own all peers are this host's, and the rest is the same") {
    if (!is_root()) {
        MESSAGE("skipped: it is the other cases' way of serving without root");
        return;
    }
    TemporaryDirectory directory;
    const std::string script = directory.path() + "/minetd";
    write_file(script, "#!/bin/sh\nexec setpriv --bounding-set -sys_admin " +
                           from_environment("MINETD") + " \"$@\"\n");
    ::chmod(script.c_str(), 0755);
    LaunchOptions options;
    options.binary = script;
    SUBCASE("streams") {
        DaemonUnderTest daemon(stream("converse 1", "only_from = 127.0.0.1"), options);
        CHECK(daemon.lines_with("no network of its own") == 1);
        CHECK(from("127.0.0.2", daemon.port("held")).rest().empty());
        Client client = from("127.0.0.1", daemon.port("held"));
        CHECK(Told(client.line()).peer.starts_with("127.0.0.1:"));
        CHECK(client.ask("x\n") == "x\n");
        daemon.await_lines("START: held pid=", 2);
    }
    SUBCASE("datagrams") {
        DaemonUnderTest daemon(datagram("tell 2", "only_from = 127.0.0.1"), options);
        Client refused = from("127.0.0.2", daemon.port("held"), SOCK_DGRAM);
        refused.send("x");
        Client client = from("127.0.0.1", daemon.port("held"), SOCK_DGRAM);
        CHECK(ask(client, "one").rest == "one");
        CHECK(ask(client, "two").rest == "two");
        CHECK(is_silent(refused));
    }
    SUBCASE("datagrams from a socket of the program's own") {
        DaemonUnderTest daemon(datagram("aside", "idle_timeout = 1"), options);
        const UniqueFd owned(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        SocketAddress to = address_of("127.0.0.1", daemon.port("held"));
        for (const std::string word : {"get", "on"}) {
            REQUIRE(::sendto(owned.get(), word.data(), word.size(), 0, to.raw(), to.length) > 0);
            pollfd item{.fd = owned.get(), .events = POLLIN, .revents = 0};
            REQUIRE(::poll(&item, 1, patience_ms) == 1);
            char bytes[512];
            to.length = SocketAddress::capacity;
            const ssize_t size =
                ::recvfrom(owned.get(), bytes, sizeof bytes, 0, to.raw(), &to.length);
            REQUIRE(size > 0);
            CHECK(Told({bytes, static_cast<std::size_t>(size)}).rest == word);
            CHECK(to.port() != daemon.port("held"));
        }
        // All of it is the session's.
        daemon.await_output("TRAFFIC: held in=5(bytes)");
    }
}

TEST_CASE("limits count peers, of streams and of datagrams") {
    SUBCASE("instances, refused") {
        DaemonUnderTest daemon(stream("converse 9", "instances = 2\noverflow = refuse"));
        Client first(daemon.port("held")), second(daemon.port("held"));
        CHECK(Told(first.line()).pid == Told(second.line()).pid);
        CHECK(Client(daemon.port("held")).rest().empty());
        daemon.await_lines("FAIL: held service_limit", 1);
        first.close();
        daemon.await_lines("TRAFFIC: held", 1);
        CHECK(Told(Client(daemon.port("held")).line()).pid != 0);
    }
    SUBCASE("instances, queued") {
        DaemonUnderTest daemon(stream("converse 9", "instances = 1\noverflow = queue"));
        Client first(daemon.port("held"));
        first.line();
        Client second(daemon.port("held"));
        second.send("waited\n");
        first.close();
        CHECK(Told(second.line()).pid != 0);
        CHECK(second.line() == "waited\n");
    }
    SUBCASE("per_source") {
        DaemonUnderTest daemon(datagram("tell 4", "per_source = 1\nidle_timeout = 2"));
        Client first = from("127.0.0.1", daemon.port("held"), SOCK_DGRAM);
        CHECK(ask(first, "one").rest == "one");
        Client same = from("127.0.0.1", daemon.port("held"), SOCK_DGRAM);
        same.send("x");
        Client other = from("127.0.0.2", daemon.port("held"), SOCK_DGRAM);
        CHECK(ask(other, "two").rest == "two");
        CHECK(ask(first, "three").rest == "three");
        CHECK(is_silent(same));
        daemon.await_lines("FAIL: held per_source_limit from=127.0.0.1", 1);
        // A peer that says nothing more is forgotten.
        daemon.await_lines("TRAFFIC: held", 2);
        CHECK(ask(same, "four").rest == "four");
    }
}

TEST_CASE("whoever is one too many for the descriptors waits") {
    LaunchOptions options;
    options.descriptors = 80;
    DaemonUnderTest daemon(stream("converse 60"), options);
    std::vector<Client> clients;
    for (int i = 0; i < 30; ++i) clients.emplace_back(daemon.port("held"));
    for (Client& client : clients) {
        CHECK(Told(client.line()).pid != 0);
        client.send("served\n");
        CHECK(client.line() == "served\n");
        client.close();
    }
    CHECK(daemon.lines_with("FAIL") == 0);
}

TEST_CASE("who has to be asked about holds up nobody else") {
    in_own_network(
        {{"nsswitch.conf", "hosts: files\n"},
         {"hosts", "127.0.0.1 localhost\n127.0.0.2 friend.example.org\n"}},
        [] {
            DaemonUnderTest daemon(datagram("tell 2", "only_from = friend.example.org 127.0.0.9"));
            Client friendly = from("127.0.0.2", daemon.port("held"), SOCK_DGRAM);
            CHECK(ask(friendly, "hello").rest == "hello");
            Client stranger = from("127.0.0.3", daemon.port("held"), SOCK_DGRAM);
            stranger.send("x");
            daemon.await_lines("FAIL: held address from=127.0.0.3", 1);
            CHECK(is_silent(stranger));
            Client known = from("127.0.0.9", daemon.port("held"), SOCK_DGRAM);
            CHECK(ask(known, "one").rest == "one");
        });
}

TEST_CASE("who stands there is nobody, and reaches nothing") {
    if (!is_root()) {
        MESSAGE("skipped: without root there is no other user to become");
        return;
    }
    DaemonUnderTest daemon("{held} dgram udp4 wait root {probe} probe tell 9\n" +
                           intercept_records + "idle_timeout = 1\n");
    Client client = from("127.0.0.1", daemon.port("held"), SOCK_DGRAM);
    const Told told = ask(client, "x");
    for (const ProcessView& process : descendants(daemon.pid())) {
        CAPTURE(process.pid);
        CHECK((process.uid == 0) == (process.pid == told.pid));
        const std::string place = "/proc/" + std::to_string(process.pid);
        const std::string status = read_file(place + "/status");
        if (process.pid == told.pid) continue;
        CHECK(status.find("\nCapEff:\t0000000000000000\n") != std::string::npos);
        CHECK(status.find("\nNoNewPrivs:\t1\n") != std::string::npos);
        char there[64] = {}, here[64] = {};
        REQUIRE(::readlink((place + "/ns/net").c_str(), there, sizeof there - 1) > 0);
        REQUIRE(::readlink("/proc/self/ns/net", here, sizeof here - 1) > 0);
        CHECK(std::string(there) != here);
    }
}

TEST_SUITE_END();
