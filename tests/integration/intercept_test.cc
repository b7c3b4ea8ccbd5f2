// SPDX-License-Identifier: ISC
// `intercept`: each peer of a `wait` program is admitted for itself, the program sees whom it
// serves, and it and what stands before it may each end, crash or change without the other.
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/integration/client.h"
#include "tests/integration/daemon_under_test.h"
#include "tests/integration/own_network.h"
#include "tests/integration/process_tree.h"
#include "tests/integration/upgradable.h"

using namespace minetd;

namespace {

Client from(const char* host, std::uint16_t port, int type = SOCK_STREAM) {
    return Client(address_of("127.0.0.1", port), type, address_of(host, 0));
}

std::string own_address(const Client& client) {
    return local_address(client.fd()).str();
}

/// "PID PEER REST", as the program says it.
struct Told {
    explicit Told(const std::string& text) {
        std::istringstream words(text);
        words >> pid >> peer;
        std::getline(words >> std::ws, rest);
    }
    pid_t pid = 0;
    std::string peer, rest;
};

Told ask(Client& client, const std::string& datagram) {
    client.send(datagram);
    return Told(client.receive());
}

/// No answer comes: whoever asks behind it is answered.
bool is_silent(Client& client) {
    pollfd item{.fd = client.fd(), .events = POLLIN, .revents = 0};
    return ::poll(&item, 1, 0) == 0;
}

/// The process that stands before the program.
std::set<pid_t> interceptors(DaemonUnderTest& daemon) {
    std::set<pid_t> found;
    for (const ProcessView& process : descendants(daemon.pid()))
        if (process.parent == daemon.pid() && process.state != 'Z' &&
            read_file("/proc/" + std::to_string(process.pid) + "/comm").starts_with("minetd:"))
            found.insert(process.pid);
    return found;
}

std::set<pid_t> children(DaemonUnderTest& daemon) {
    std::set<pid_t> found;
    for (const ProcessView& process : descendants(daemon.pid())) found.insert(process.pid);
    return found;
}

bool is_root() {
    return ::geteuid() == 0;
}

const std::string records =
    "[defaults]\nintercept = yes\nlog_on_success = HOST PID EXIT TRAFFIC\nlog_on_failure = HOST\n";

std::string stream(const std::string& mode, const std::string& settings = "") {
    return "{held} stream tcp4 wait {user} {probe} probe " + mode + "\n" + records +
           "[{held}]\nid = held\n" + settings + "\n";
}

std::string datagram(const std::string& mode, const std::string& settings = "") {
    return "{held} dgram udp4 wait {user} {probe} probe " + mode + "\n" + records +
           "[{held}]\nid = held\n" + settings + "\n";
}

}  // namespace

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
    for (const char* host : {"127.0.0.1", "::1"}) {
        CAPTURE(std::string(host));
        DaemonUnderTest daemon("{held} dgram udp wait {user} {probe} probe tell 4\n" + records +
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
    }
}

TEST_CASE("a datagram that its answer comes from where it was sent to") {
    // The first one was there before anybody could ask where it came to.
    for (const std::string bound : {"", "127.0.0.9:"}) {
        CAPTURE(bound);
        DaemonUnderTest daemon(bound + datagram("tell 1"));
        for (const char* host : {"127.0.0.9", "127.0.0.1", "127.3.2.1"}) {
            if (!bound.empty() && bound != host + std::string(":")) continue;
            // A connected socket hears nobody else.
            Client client(address_of(host, daemon.port("held")), SOCK_DGRAM);
            CHECK(ask(client, host).rest == host);
        }
    }
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
        DaemonUnderTest daemon(datagram("tell 4", "per_source = 1\nidle_timeout = 3"));
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

TEST_CASE("a reload changes who may come, and neither sessions nor the program") {
    DaemonUnderTest daemon(stream("converse 99", "only_from = 127.0.0.0/24"));
    Client first = from("127.0.0.1", daemon.port("held"));
    const Told told(first.line());
    daemon.reload(stream("converse 99", "only_from = 127.0.0.2"));
    // The process that goes may take one more before it hears of it.
    bool refused = false;
    daemon.await(
        [&] {
            refused = refused || from("127.0.0.1", daemon.port("held")).line().empty();
            return refused;
        },
        "the new rules are in force");
    Client second = from("127.0.0.2", daemon.port("held"));
    CHECK(Told(second.line()).pid == told.pid);
    first.send("still here\n");
    CHECK(first.line() == "still here\n");
    daemon.await_lines("FAIL: held address from=127.0.0.1", 1);
}

TEST_CASE("a reload that removes the service leaves its sessions, and then nobody") {
    const std::string other = "{other} stream tcp4 nowait {user} {probe} probe answer\n";
    for (const bool moved : {false, true}) {
        CAPTURE(moved);
        DaemonUnderTest daemon(stream("converse 9"));
        Client client(daemon.port("held"));
        const Told told(client.line());
        daemon.reload(moved ? "{held} stream tcp4 wait {user} {probe} probe converse 9\n" +
                                  records + "[{held}]\nid = held\nbind = 127.0.0.2\n"
                            : other);
        client.send("still here\n");
        CHECK(client.line() == "still here\n");
        if (moved) {
            Client next(address_of("127.0.0.2", daemon.port("held")));
            CHECK(Told(next.line()).pid != told.pid);
        }
        client.close();
        daemon.await([&] { return ::kill(told.pid, 0) < 0; }, "the program is asked to end");
        if (!moved) daemon.await([&] { return children(daemon).empty(); }, "nobody is left");
    }
}

TEST_CASE("switched on, it takes the socket from a program that nobody stands before; and off") {
    const std::string without = "{held} stream tcp4 wait {user} {probe} probe converse 9\n";
    DaemonUnderTest daemon(without);
    Client before(daemon.port("held"));
    const Told told(before.line());
    daemon.reload(stream("converse 9", "only_from = 127.0.0.1"));
    CHECK(before.rest().empty());
    CHECK(from("127.0.0.2", daemon.port("held")).rest().empty());
    Client within(daemon.port("held"));
    const Told next(within.line());
    CHECK(next.pid != told.pid);
    daemon.reload(without);
    pid_t last = 0;
    const auto passes = [&] {
        if (last == 0) last = Told(from("127.0.0.2", daemon.port("held")).line()).pid;
        return last != 0;
    };
    daemon.await(passes, "nobody is asked about any more");
    CHECK(last != next.pid);
    within.send("to the end\n");
    CHECK(within.line() == "to the end\n");
    within.close();
    daemon.await([&] { return ::kill(next.pid, 0) < 0; }, "the program behind it has ended");
    ::kill(last, SIGTERM);  // as it has the socket itself, it would stay
}

TEST_CASE("an upgrade loses neither session nor program, of streams and of datagrams") {
    SUBCASE("streams") {
        Upgradable minetd(stream("converse 3", "only_from = 127.0.0.1"));
        Client first(minetd.port("held"));
        const Told told(first.line());
        for (int round = 0; round < 2; ++round) {
            minetd.must_upgrade();
            CHECK(from("127.0.0.2", minetd.port("held")).rest().empty());
            Client next(minetd.port("held"));
            const Told other(next.line());
            CHECK(other.pid == told.pid);
            if (is_root()) CHECK(other.peer == own_address(next));
            first.send("still here\n");
            CHECK(first.line() == "still here\n");
        }
        first.close();
        minetd.daemon().await_lines("TRAFFIC: held", 3);
        Client last(minetd.port("held"));
        CHECK(Told(last.line()).pid != told.pid);
    }
    SUBCASE("datagrams") {
        Upgradable minetd(datagram("tell 4"));
        Client client = from("127.0.0.1", minetd.port("held"), SOCK_DGRAM);
        const Told told = ask(client, "one");
        minetd.must_upgrade();
        const Told same = ask(client, "two");
        Client other = from("127.0.0.2", minetd.port("held"), SOCK_DGRAM);
        CHECK(same.pid == told.pid);
        CHECK(ask(other, "three").pid == told.pid);
        CHECK(ask(client, "four").pid == told.pid);
        CHECK(ask(client, "five").pid != told.pid);
        for (const char* word : {"six", "seven", "eight"}) CHECK(ask(client, word).rest == word);
    }
}

TEST_CASE("a crash of the program is heard by those it served, and the others get the next one") {
    DaemonUnderTest daemon(stream("converse 9"));
    Client first(daemon.port("held"));
    const Told told(first.line());
    REQUIRE(::kill(told.pid, SIGSTOP) == 0);
    Client waiting(daemon.port("held"));
    waiting.send("waited\n");
    daemon.await_lines("from=127.0.0.1", 2);  // admitted, and not taken
    REQUIRE(::kill(told.pid, SIGKILL) == 0);
    CHECK(first.rest().empty());
    const Told next(waiting.line());
    CHECK(next.pid != told.pid);
    CHECK(waiting.line() == "waited\n");
}

TEST_CASE("a crash of who stands before it leaves the program, and the next one is served") {
    DaemonUnderTest daemon(stream("converse 9", "instances = 1\noverflow = refuse"));
    Client first(daemon.port("held"));
    const Told told(first.line());
    const std::set<pid_t> before = interceptors(daemon);
    REQUIRE(before.size() == 1);
    REQUIRE(::kill(*before.begin(), SIGKILL) == 0);
    CHECK(first.rest().empty());
    daemon.await_lines("was killed by signal 9; ", 1);
    // What it held is given back.
    Client next(daemon.port("held"));
    CHECK(Told(next.line()).pid == told.pid);
    CHECK(interceptors(daemon) != before);
}

TEST_CASE("a stop waits for those who are served, and leaves nobody") {
    DaemonUnderTest daemon(stream("converse 9"));
    Client client(daemon.port("held"));
    const Told told(client.line());
    daemon.signal(SIGTERM);
    daemon.await_output("stopping; waiting for 2 processes");
    client.send("still here\n");
    CHECK(client.line() == "still here\n");
    client.close();
    CHECK(daemon.await_exit() == 0);
    CHECK(::kill(told.pid, 0) < 0);
}

TEST_CASE("who stands there is nobody, and reaches nothing") {
    if (!is_root()) {
        MESSAGE("skipped: without root there is no other user to become");
        return;
    }
    DaemonUnderTest daemon("{held} dgram udp4 wait root {probe} probe tell 9\n" + records +
                           "idle_timeout = 1\n");
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
