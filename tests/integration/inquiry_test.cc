// SPDX-License-Identifier: ISC
// Names that admission asks for, in every way of serving. Who knows them is the test's own.
#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <map>
#include <string>
#include <vector>

#include "tests/integration/client.h"
#include "tests/integration/daemon_under_test.h"
#include "tests/integration/fake_name_server.h"
#include "tests/integration/inquiring.h"
#include "tests/integration/own_network.h"
#include "tests/integration/process_tree.h"

using namespace minetd;

namespace {

pid_t inquirer_of(DaemonUnderTest& daemon) {
    for (const ProcessView& process : descendants(daemon.pid()))
        if (process.parent == daemon.pid() &&
            read_file("/proc/" + std::to_string(process.pid) + "/comm") == "minetd:inquirer\n")
            return process.pid;
    return 0;
}

/// It has its name a moment after it is there.
pid_t await_inquirer(DaemonUnderTest& daemon) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(patience_ms);
    pid_t found = 0;
    while (found == 0 && std::chrono::steady_clock::now() < until) found = inquirer_of(daemon);
    return found;
}

}  // namespace

TEST_SUITE_BEGIN("inquiry");

TEST_CASE("hosts and domains: only a name that leads back to its address is one") {
    in_own_network(dns, [] {
        // 127.0.0.3 says that it is of example.org, and example.org says that it is not.
        const FakeNameServer names({{"a.example.org", "127.0.0.2"},
                                    {"liar.example.org", "192.0.2.1"},
                                    {"b.example.net", "127.0.0.4"},
                                    {"host.example.net", "127.0.0.5"}},
                                   {{"127.0.0.2", "a.example.org"},
                                    {"127.0.0.3", "liar.example.org"},
                                    {"127.0.0.4", "b.example.net"}});
        for (const EchoWay& way : echo_ways) {
            CAPTURE(std::string(way.serve) + " " + way.program);
            DaemonUnderTest daemon(
                echo(way, "only_from = 127.0.0.9 .example.org host.example.net\n"));
            const auto port = daemon.port("echo");
            CHECK(is_served(client_from("127.0.0.9", port)));
            CHECK(is_served(client_from("127.0.0.2", port)));
            CHECK(is_served(client_from("127.0.0.5", port)));
            for (const char* refused : {"127.0.0.3", "127.0.0.4", "127.0.0.6"}) {
                CAPTURE(std::string(refused));
                CHECK_FALSE(is_served(client_from(refused, port)));
                daemon.await_output(std::string("FAIL: echo address from=") + refused);
            }
            CHECK(daemon.lines_with("FAIL: ") == 3);
        }
    });
}

TEST_CASE("whom nobody could name is refused by a no_access about names, too") {
    in_own_network(dns, [] {
        const FakeNameServer names(
            {{"a.example.org", "127.0.0.2"},
             {"b.example.net", "127.0.0.4"},
             {"host.example.net", "127.0.0.5"}},
            {{"127.0.0.2", "a.example.org"}, {"127.0.0.4", "b.example.net"}});
        for (const EchoWay& way : echo_ways) {
            CAPTURE(std::string(way.serve) + " " + way.program);
            DaemonUnderTest domain(echo(way, "no_access = 127.0.0.9 .example.net\n"));
            CHECK(is_served(client_from("127.0.0.2", domain.port("echo"))));
            for (const char* refused : {"127.0.0.9", "127.0.0.4", "127.0.0.6"}) {
                CAPTURE(std::string(refused));
                CHECK_FALSE(is_served(client_from(refused, domain.port("echo"))));
            }
            DaemonUnderTest host(echo(way, "no_access = host.example.net\n"));
            CHECK(is_served(client_from("127.0.0.6", host.port("echo"))));
            CHECK_FALSE(is_served(client_from("127.0.0.5", host.port("echo"))));
            DaemonUnderTest nowhere(echo(way, "no_access = nowhere.example.net\n"));
            CHECK_FALSE(is_served(client_from("127.0.0.2", nowhere.port("echo"))));
            nowhere.await_output("no address of the host nowhere.example.net is known");
        }
    });
}

TEST_CASE("a host with more addresses than are kept is kept out with all of them") {
    auto files = no_dns;
    files["host.conf"] = "multi on\n";
    const int most = 80;
    for (int i = 1; i <= most; ++i)
        files["hosts"] += "127.0.1." + std::to_string(i) + " many.example.net\n";
    in_own_network(files, [] {
        DaemonUnderTest daemon(echo(echo_ways[1], "no_access = many.example.net\n"));
        const auto port = daemon.port("echo");
        int admitted = 0;
        for (int i = 1; i <= most; ++i)
            admitted += is_served(client_from("127.0.1." + std::to_string(i), port));
        CHECK(admitted == 0);
        DaemonUnderTest only(echo(echo_ways[1], "only_from = many.example.net\n"));
        admitted = 0;
        for (int i = 1; i <= most; ++i)
            admitted += is_served(client_from("127.0.1." + std::to_string(i), only.port("echo")));
        CHECK(admitted == 64);
    });
}

TEST_CASE("whoever waits for a name holds up nobody else, and is refused in the end") {
    in_own_network(dns, [] {
        FakeNameServer names({{"a.example.org", "127.0.0.2"}},
                             {{"127.0.0.2", "a.example.org"}, {"127.0.0.3", "?"}});
        for (const EchoWay& way : echo_ways) {
            // A server of the first prefork pools is for one client at a time, but there are
            // others.
            CAPTURE(std::string(way.serve) + " " + way.program);
            DaemonUnderTest daemon(echo(way, "only_from = .example.org\n"));
            const auto port = daemon.port("echo");
            Client slow = client_from("127.0.0.3", port);
            slow.send("hello\n");
            for (int i = 0; i < 3; ++i) CHECK(is_served(client_from("127.0.0.2", port)));
            CHECK(daemon.lines_with("FAIL: ") == 0);
            names.await_silence();
            names.set_silent(false);
            CHECK(slow.rest() == "");
            daemon.await_output("FAIL: echo address from=127.0.0.3");
            names.set_silent(true);
        }
    });
}

TEST_CASE("whoever waits for a name in a pool of programs is no spare for the next one") {
    in_own_network(dns, [] {
        FakeNameServer names({{"a.example.org", "127.0.0.2"}},
                             {{"127.0.0.2", "a.example.org"}, {"127.0.0.3", "?"}});
        DaemonUnderTest daemon(echo({"prefork", "/bin/cat cat"},
                                    "only_from = .example.org\nstart_servers = 2\n"
                                    "min_spare_servers = 2\nmax_spare_servers = 4\n"));
        const auto port = daemon.port("echo");
        std::vector<Client> slow;
        for (int i = 0; i < 6; ++i) slow.push_back(client_from("127.0.0.3", port));
        for (int i = 0; i < 3; ++i) CHECK(is_served(client_from("127.0.0.2", port)));
        daemon.await_lines("START: ", 3);
        CHECK(daemon.lines_with("FAIL: ") == 0);
        names.set_silent(false);
        daemon.await_lines("FAIL: ", 6);
        CHECK(daemon.lines_with("START: ") == 3);
    });
}

TEST_CASE("two hundred at once, of whom each has a name") {
    in_own_network(dns, [] {
        std::map<std::string, std::string> addresses, reverse;
        for (int i = 2; i < 22; ++i) {
            const std::string name = "h" + std::to_string(i) + ".example.org";
            const std::string address = "127.0.0." + std::to_string(i);
            addresses[name] = address;
            reverse[address] = name;
        }
        const FakeNameServer names(addresses, reverse);
        for (const EchoWay& way : echo_ways) {
            CAPTURE(std::string(way.serve) + " " + way.program);
            DaemonUnderTest daemon(echo(way, "only_from = .example.org\n"));
            const auto port = daemon.port("echo");
            std::vector<Client> clients;
            for (int i = 0; i < 200; ++i)
                clients.push_back(client_from("127.0.0." + std::to_string(2 + i % 22), port));
            int answered = 0, refused = 0;
            for (int i = 0; i < 200; ++i) {
                const bool named = i % 22 < 20;
                const bool got = clients[static_cast<std::size_t>(i)].say("hello") == "hello\n";
                answered += got && named;
                refused += !got && !named;
                clients[static_cast<std::size_t>(i)].close();
            }
            CHECK(answered == 182);
            CHECK(refused == 18);
        }
    });
}

TEST_CASE("without an inquirer nobody is known; it is replaced, and reloads and stops go on") {
    in_own_network(dns, [] {
        FakeNameServer names({{"a.example.org", "127.0.0.2"}},
                             {{"127.0.0.2", "a.example.org"}, {"127.0.0.3", "?"}});
        for (const EchoWay& way : echo_ways) {
            CAPTURE(std::string(way.serve) + " " + way.program);
            DaemonUnderTest daemon(echo(way, "only_from = .example.org\n"));
            const auto port = daemon.port("echo");
            CHECK(is_served(client_from("127.0.0.2", port)));
            const pid_t inquirer = await_inquirer(daemon);
            REQUIRE(inquirer > 0);
            Client waiting = client_from("127.0.0.3", port);
            // It was read, so it is this inquirer's: the name server has been asked.
            names.await_silence();
            REQUIRE(::kill(inquirer, SIGKILL) == 0);
            CHECK(waiting.rest() == "");
            daemon.await_output("was killed by signal 9; replaced");
            CHECK(is_served(client_from("127.0.0.2", port)));
            CHECK(await_inquirer(daemon) != inquirer);
            // Who waits during a reload, and at the end, is decided about all the same.
            Client later = client_from("127.0.0.3", port);
            names.await_silence();
            daemon.reload(echo(way, "only_from = .example.org 127.0.0.8\n"));
            // A server of before the reload may take one more.
            bool allowed = false;
            for (int i = 0; i < 100 && !allowed; ++i)
                allowed = is_served(client_from("127.0.0.8", port));
            CHECK(allowed);
            names.set_silent(false);
            CHECK(later.rest() == "");
            names.set_silent(true);
            Client last = client_from("127.0.0.3", port);
            daemon.signal(SIGTERM);
            daemon.await_output("stopping");
            names.set_silent(false);
            CHECK(daemon.await_exit() == 0);
            CHECK(last.rest() == "");
            names.set_silent(true);
        }
    });
}

TEST_CASE("no service asks, no inquirer") {
    DaemonUnderTest daemon(
        "{echo} stream tcp4 nowait {user} /bin/cat\n[{echo}]\n"
        "only_from = 127.0.0.0/8\nlog_on_success = HOST\n");
    Client client(daemon.port("echo"));
    CHECK(client.say("hello") == "hello\n");
    // The program, and nothing else.
    CHECK(descendants(daemon.pid()).size() == 1);
    daemon.reload("{echo} stream tcp4 nowait {user} /bin/cat\n[{echo}]\nonly_from = localhost\n");
    CHECK(await_inquirer(daemon) > 0);
    client.close();
}

TEST_SUITE_END();
