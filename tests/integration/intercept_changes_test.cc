// SPDX-License-Identifier: ISC
// A `wait` program and what stands before it (`intercept`) may each end, crash or change without
// the other.
#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <set>
#include <string>
#include <thread>

#include "tests/integration/intercepted.h"
#include "tests/integration/upgradable.h"

using namespace minetd;

TEST_SUITE_BEGIN("intercept");

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
                                  intercept_records + "[{held}]\nid = held\nbind = 127.0.0.2\n"
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

TEST_CASE("what drains over an upgrade still has programs started") {
    // One peer for each program: the second waits behind it.
    const std::string one = "converse 1",
                      other = "{other} stream tcp4 nowait {user} {probe} probe answer\n";
    for (const bool moved : {false, true}) {
        CAPTURE(moved);
        Upgradable minetd(stream(one, "no_new_privs = yes\nstderr = log"));
        Client first(minetd.port("held"));
        const Told told(first.line());
        Client second(minetd.port("held"));
        second.send("waited\n");
        minetd.daemon().await_lines("START: held", 3);  // both of them, and the program
        minetd.daemon().reload(moved ? stream(one, "bind = 127.0.0.2") : other);
        for (int round = 0; round < 2; ++round) minetd.must_upgrade();
        first.send("still here\n");
        CHECK(first.line() == "still here\n");
        first.close();
        const Told next(second.line());
        CHECK(next.pid != told.pid);
        if (is_root()) CHECK(next.peer == own_address(second));
        CHECK(second.line() == "waited\n");
        CHECK(
            read_file("/proc/" + std::to_string(next.pid) + "/status").find("\nNoNewPrivs:\t1\n") !=
            std::string::npos);
        second.close();
        minetd.daemon().await([&] { return children(minetd.daemon()).empty(); }, "nobody is left");
    }
}

TEST_CASE("a program that takes its time still answers a datagram when its service is removed") {
    DaemonUnderTest daemon(datagram("late"));
    Client client = from("127.0.0.1", daemon.port("held"), SOCK_DGRAM);
    client.send("think about it");
    daemon.await_lines("START: held", 2);
    const std::set<pid_t> before = interceptors(daemon);
    REQUIRE(before.size() == 1);
    daemon.reload("{other} stream tcp4 nowait {user} {probe} probe answer\n");
    // Longer than what is answered would be waited for.
    for (int tenth = 0; tenth < 25; ++tenth) {
        CHECK(is_silent(client));
        REQUIRE(interceptors(daemon) == before);
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    for (const pid_t pid : children(daemon))
        if (!before.contains(pid)) REQUIRE(::kill(pid, SIGUSR1) == 0);
    CHECK(Told(client.receive()).rest == "think about it");
    daemon.await([&] { return children(daemon).empty(); }, "nobody is left");
}

TEST_CASE("nor is who stands before it kept by a program that ended without an answer") {
    DaemonUnderTest daemon(datagram("swallow"));
    Client client = from("127.0.0.1", daemon.port("held"), SOCK_DGRAM);
    client.send("into the dark");
    daemon.await_lines("EXIT: held status=0", 1);
    daemon.reload("{other} stream tcp4 nowait {user} {probe} probe answer\n");
    daemon.await([&] { return children(daemon).empty(); }, "nobody is left");
    CHECK(is_silent(client));
}

TEST_SUITE_END();
