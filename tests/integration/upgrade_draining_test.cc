// SPDX-License-Identifier: ISC
// What a reload left behind (sessions, those who wait, a generation that is being replaced), and
// then an upgrade in place: it goes on under the rules and with the belongings that it had.
#include <doctest/doctest.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/integration/client.h"
#include "tests/integration/own_network.h"
#include "tests/integration/process_tree.h"
#include "tests/integration/upgradable.h"

using namespace minetd;

namespace {

/// This user's files, and one user more.
std::string users_with_a_guest() {
    return read_file("/etc/passwd") + "\nguest:x:54321:54321::/:/bin/sh\n";
}

std::string of_the_guest(const std::string& others = "") {
    return others +
           "{held} stream tcp4 nowait guest:root /bin/cat cat\n"
           "[{held}]\nid = held\nbanner_success = {dir}/hello\n";
}

}  // namespace

TEST_SUITE_BEGIN("upgrade");

TEST_CASE("what a service shares with sessions that a reload left stays open") {
    const auto served = [](const std::string& word) {
        return "{held} stream tcp4 " + word +
               " {user} /bin/sh sh -c \"echo here; read word; echo said $word >&2; echo done\"\n"
               "[{held}]\nid = held\nstderr = log\nonly_from = 127.0.0.1 localhost\n";
    };
    Upgradable minetd(served("prefork"));
    Client old(minetd.port("held"));
    CHECK(old.line() == "here\n");
    minetd.daemon().reload(served("nowait"));
    for (int round = 0; round < 3; ++round) {
        CAPTURE(round);
        minetd.must_upgrade();
        const std::string word = "round" + std::to_string(round);
        Client client(minetd.port("held"));
        CHECK(client.line() == "here\n");
        client.send(word + "\n");
        CHECK(client.line() == "done\n");
        minetd.daemon().await_output("held: said " + word);
    }
    old.send("farewell\n");
    CHECK(old.line() == "done\n");
    minetd.daemon().await_output("held: said farewell");
}

TEST_CASE("who waits for a service that is no more is served in its sandbox") {
    Upgradable minetd(
        "{held} stream tcp4 nowait {user} /bin/sh sh -c \"echo here; read word; "
        "echo said $word >&2; grep NoNewPrivs /proc/self/status\"\n"
        "[{held}]\nid = held\ninstances = 1\noverflow = queue\nno_new_privs = yes\n"
        "stderr = log\n" +
        std::string(::geteuid() == 0 ? "private_tmp = yes\n" : ""));
    Client first(minetd.port("held"));
    CHECK(first.line() == "here\n");
    Client second(minetd.port("held"));
    second.send("waited\n");
    minetd.daemon().reload("{other} stream tcp4 nowait {user} internal echo\n");
    for (int round = 0; round < 2; ++round) minetd.must_upgrade();
    first.send("first\n");
    CHECK(first.line() == "NoNewPrivs:\t1\n");
    CHECK(second.line() == "here\n");
    CHECK(second.line() == "NoNewPrivs:\t1\n");
    minetd.daemon().await_output("held: said waited");
    const std::uint16_t port = minetd.port("held");
    CHECK(comes_true([&] { return Client(port).end() == Client::End::refused; }));
}

TEST_CASE("a resident generation that is being replaced is replaced") {
    const auto configuration = [](const std::string& more) {
        return "{port} stream tcp4 prefork {user} {probe} probe resident late {dir}/go\n[{port}]\n"
               "id = res\naccept = yes\nstart_servers = 1\n" +
               more;
    };
    Upgradable minetd(configuration(""));
    DaemonUnderTest& daemon = minetd.daemon();
    const auto server = [&] {
        Client client(daemon.port("port"));
        return std::atoi(client.say("pid").c_str());
    };
    write_file(daemon.file("go"), "");
    const pid_t former = server();
    daemon.await_loop();
    REQUIRE(std::remove(daemon.file("go").c_str()) == 0);
    daemon.reload(configuration("env = ROUND=2\n"));
    for (int round = 0; round < 2; ++round) minetd.must_upgrade();
    CHECK(server() == former);
    write_file(daemon.file("go"), "");
    daemon.await([&] { return ::kill(former, 0) < 0; }, "the former server has gone");
    CHECK(server() != former);
}

TEST_CASE("a user who is gone refuses an upgrade, and costs no reload its service") {
    in_own_network({{"passwd", users_with_a_guest()}}, [] {
        Upgradable minetd(of_the_guest());
        DaemonUnderTest& daemon = minetd.daemon();
        write_file(daemon.file("hello"), "hello\n");
        daemon.reload(of_the_guest());
        CHECK(Client(minetd.port("held")).line() == "hello\n");
        const std::string all = read_file("/etc/passwd");
        write_etc("passwd", all.substr(0, all.find("\nguest")) + "\n");
        write_file(daemon.file("hello"), "good day\n");
        daemon.reload(of_the_guest("{other} stream tcp4 nowait root internal echo\n"));
        daemon.await_output("it stays as it was");
        CHECK(Client(minetd.port("held")).say("x") != "");
        CHECK(is_served(Client(minetd.port("other"))));
        const std::string outcome = minetd.upgrade();
        CHECK(outcome.find("upgrade refused") != outcome.npos);
        daemon.await_output("unknown user `guest'");
        CHECK(Client(minetd.port("held")).say("x") != "");
    });
}

TEST_SUITE_END();
