// SPDX-License-Identifier: ISC
// Reload: nothing is lost, what did not change is not touched, and a bad file changes nothing.
#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/client.h"
#include "tests/integration/daemon_under_test.h"
#include "tests/integration/datagram_load.h"
#include "tests/integration/gauge.h"

using namespace minetd;

namespace {

struct Tally {
    std::atomic<int> served{0}, refused{0}, reset{0}, lost{0};

    void connect_once(std::uint16_t port, const std::string& text) {
        Client client(port);
        const std::string answer = client.end() == Client::End::refused ? "" : client.ask(text);
        if (client.end() == Client::End::refused)
            ++refused;
        else if (client.end() == Client::End::reset)
            ++reset;
        else if (answer != text)
            ++lost;
        else
            ++served;
    }
};

}  // namespace

TEST_SUITE_BEGIN("reload");

TEST_CASE("10,000 connections during 50 reloads: none refused, none reset, none lost") {
    const auto configuration = [](int number) {
        return R"(
{same_builtin}    stream tcp4 nowait  {user} internal echo
{changed_builtin} stream tcp4 nowait  {user} internal echo
{same_pool}       stream tcp4 prefork {user} internal echo
{changed_pool}    stream tcp4 prefork {user} internal echo
{same_program}    stream tcp4 nowait  {user} {probe} probe answer
{changed_program} stream tcp4 nowait  {user} {probe} probe answer
{changed_waiting} stream tcp4 prefork {user} {probe} probe answer
)" + ("[{changed_builtin}]\nidle_timeout = " + std::to_string(100 + number)) +
               "\n[{changed_pool}]\nnice = " + std::to_string(number % 2) +
               "\n[{changed_program}]\nenv = ROUND=" + std::to_string(number) +
               "\n[{changed_waiting}]\nenv = ROUND=" + std::to_string(number) + "\n";
    };
    DaemonUnderTest daemon(configuration(0));
    std::vector<std::uint16_t> ports;
    for (const char* name : {"same_builtin", "changed_builtin", "same_pool", "changed_pool",
                             "same_program", "changed_program", "changed_waiting"})
        ports.push_back(daemon.port(name));
    Tally tally;
    std::atomic<bool> reloading = true;
    std::vector<std::thread> clients;
    for (std::size_t first = 0; first < 4; ++first)
        clients.emplace_back([&, first] {
            // At least 2,500 each, and as long as there are reloads to run into.
            for (std::size_t i = 0; i < 2'500 || reloading; ++i)
                tally.connect_once(ports[(first + i) % ports.size()],
                                   "line " + std::to_string(i) + "\n");
        });
    int reloads = 0;
    try {
        for (int number = 1; number <= 50; ++number)
            reloads += daemon.reload(configuration(number)).rfind("reloaded: ", 0) == 0;
    } catch (...) {
        reloading = false;
        for (std::thread& client : clients) client.join();
        throw;
    }
    reloading = false;
    for (std::thread& client : clients) client.join();
    CHECK(reloads == 50);
    CHECK(tally.served >= 10'000);
    CHECK(tally.refused == 0);
    CHECK(tally.reset == 0);
    CHECK(tally.lost == 0);
    MESSAGE(tally.served.load(), " connections served during ", reloads, " reloads");
}

TEST_CASE("datagrams that come during reloads are all answered") {
    const char* const names[] = {"same", "single", "prefork", "worker", "event", "turns"};
    const auto configuration = [](int number) {
        return "{turns} dgram udp4 " + std::string(number % 2 == 0 ? "event" : "wait") +
               R"( {user} internal echo
{same}    dgram udp4 wait    {user} internal echo
{single}  dgram udp4 wait    {user} internal echo
{prefork} dgram udp4 prefork {user} internal echo
{worker}  dgram udp4 worker  {user} internal echo
{event}   dgram udp4 event   {user} internal echo
[{same}]
nice = 0
[defaults]
udp_guard = local
nice = )" + std::to_string(number % 2) +
               "\n";
    };
    DaemonUnderTest daemon(configuration(0));
    std::vector<std::uint16_t> ports;
    for (const char* name : names) ports.push_back(daemon.port(name));
    DatagramLoad load(ports);
    for (int number = 1; number <= 10; ++number) {
        load.await_answers(100);
        CHECK(daemon.reload(configuration(number)).rfind("reloaded: ", 0) == 0);
    }
    load.await_answers(100);
    const std::vector<DatagramLoad::Fates> fates = load.stop();
    for (std::size_t at = 0; at < std::size(names); ++at) {
        CAPTURE(std::string(names[at]));
        CHECK(fates[at].answered == fates[at].sent);
        CHECK(fates[at].wrong == 0);
    }
}

TEST_CASE("sessions run on, whatever happens to their service") {
    DaemonUnderTest daemon(R"(
{held}  stream tcp4 nowait  {user} {probe} probe hold {dir}/gauge
{pool}  stream tcp4 prefork {user} internal echo
{inner} stream tcp4 nowait  {user} internal echo
)");
    Gauge::create(daemon.file("gauge"));
    Client program(daemon.port("held")), pooled(daemon.port("pool")), inner(daemon.port("inner"));
    CHECK(program.line() == "held\n");
    for (Client* client : {&pooled, &inner}) {
        client->send("before\n");
        CHECK(client->line() == "before\n");
    }
    daemon.reload(R"(
{pool}  stream tcp4 prefork {user} internal echo
{inner} stream tcp4 nowait  {user} internal echo
[{pool}]
nice = 2
[{inner}]
nice = 2
)");
    for (Client* client : {&pooled, &inner}) {
        client->send("after\n");
        CHECK(client->line() == "after\n");
    }
    CHECK(Client(daemon.port("held")).end() == Client::End::refused);
    daemon.reload("{other} stream tcp4 nowait {user} internal echo\n");
    for (Client* client : {&pooled, &inner}) {
        client->send("removed\n");
        CHECK(client->ask("").find("removed\n") == 0);
        CHECK(client->end() == Client::End::closed);
    }
    CHECK(program.ask("") == "");
    CHECK(program.end() == Client::End::closed);
}

TEST_CASE("added, changed, moved and removed services") {
    DaemonUnderTest daemon("{a} stream tcp4 nowait {user} {probe} probe answer\n");
    CHECK(Client(daemon.port("b")).end() == Client::End::refused);
    daemon.reload(
        "{a} stream tcp4 nowait {user} {probe} probe answer\n"
        "{b} stream tcp4 prefork {user} internal echo\n");
    CHECK(Client(daemon.port("a")).ask("x\n") == "x\n");
    CHECK(Client(daemon.port("b")).ask("y") == "y");
    // Another way of serving on the same socket.
    daemon.reload(
        "{a} stream tcp4 prefork {user} internal echo\n"
        "{b} stream tcp4 nowait {user} {probe} probe answer\n");
    CHECK(Client(daemon.port("a")).ask("no newline") == "no newline");
    CHECK(Client(daemon.port("b")).ask("x\n") == "x\n");
    // From every address to one, and back: the new socket does not wait for the old one.
    daemon.reload("127.0.0.1:{a} stream tcp4 nowait {user} internal echo\n");
    CHECK(Client(address_of("127.0.0.1", daemon.port("a"))).ask("one") == "one");
    CHECK(Client(address_of("127.0.0.2", daemon.port("a"))).end() == Client::End::refused);
    CHECK(Client(daemon.port("b")).end() == Client::End::refused);
    daemon.reload("{a} stream tcp4 nowait {user} internal echo\n");
    CHECK(Client(address_of("127.0.0.2", daemon.port("a"))).ask("all") == "all");
    daemon.reload("");
    CHECK(Client(daemon.port("a")).end() == Client::End::refused);
    CHECK(daemon.alive());
}

TEST_CASE("a service of xinetd's goes on, whatever comes under its name or cannot be read") {
    const auto service = [](const std::string& port, const std::string& more) {
        return "service web\n{\n" + more + "type = UNLISTED\nport = " + port +
               "\nsocket_type = stream\nwait = no\nuser = {user}\nserver = {probe}\n"
               "server_args = hold {dir}/gauge\ninstances = 1\n}\n";
    };
    const std::string web = service("{a}", "flags = IPv4\n"),
                      other = service("{b}", "id = other\nflags = IPv4\n");
    DaemonUnderTest daemon(web);
    Gauge::create(daemon.file("gauge"));
    write_file(daemon.file("web"), daemon.expand(service("{a}", "flags = IPv4\nnice = 1\n")));
    Client session(daemon.port("a"));
    REQUIRE(session.line() == "held\n");
    const struct {
        std::string file;
        const char* outcome;
    } reloads[] = {
        {web + "service web\n{\ndisable = yes\n}\n", "0 added, 0 changed, 0 removed, 1 kept"},
        {other + web, "1 added, 0 changed, 0 removed, 1 kept"},
        {"include {dir}/web\n" + other, "0 added, 1 changed, 0 removed, 1 kept"},
        {"include {dir}/not-there\n" + other, "0 added, 0 changed, 0 removed, 2 kept"},
        {web, "0 added, 1 changed, 1 removed, 0 kept"},
    };
    for (const auto& [file, outcome] : reloads) {
        CAPTURE(file);
        const std::string told = daemon.reload(file);
        CAPTURE(told);
        CHECK(told.find(outcome) != std::string::npos);
        // Its session is still counted.
        CHECK(Client(daemon.port("a")).rest() == "");
    }
    session.close();
}

TEST_CASE("services of xinetd's that exchange their ports listen on them at once") {
    const auto service = [](const std::string& name, const std::string& port) {
        return "service " + name + "\n{\ntype = UNLISTED\nport = " + port +
               "\nsocket_type = stream\nwait = no\nuser = {user}\nserver = /bin/echo\n"
               "server_args = " +
               name + "\n}\n";
    };
    DaemonUnderTest daemon(service("one", "{a}") + service("two", "{b}"));
    CHECK(Client(daemon.port("a")).rest() == "one\n");
    daemon.reload(service("one", "{b}") + service("two", "{a}"));
    CHECK(Client(daemon.port("a")).rest() == "two\n");
    CHECK(Client(daemon.port("b")).rest() == "one\n");
}

TEST_CASE("a bad file changes nothing of what runs; a broken service stays as it was") {
    DaemonUnderTest daemon(
        "{a} stream tcp4 nowait {user} internal echo\n"
        "{b} stream tcp4 nowait {user} internal echo\n");
    const char* bad[] = {
        "{a} stream tcp4 nowait no-such-user-here internal echo\n"
        "{b} stream tcp4 nowait {user} internal echo\n",
        "{a} stream tcp4 nowait {user} /no/such/program program\n"
        "{b} stream tcp4 nowait {user} internal echo\n",
        "{a} stream tcp4 sometimes {user} internal echo\n"
        "{b} stream tcp4 nowait {user} internal echo\n",
        "{a} stream tcp4 nowait {user} internal echo\n{b} stream tcp4 nowait {user} internal echo\n"
        "[minetd]\nno_such_attribute = 1\n",
        "{a} stream tcp4 nowait {user} internal echo\n{b} stream tcp4 nowait {user} internal echo\n"
        ".include {dir}/not-there.conf\n",
        "{a} stream tcp4 nowait {user} internal echo\n{b} stream tcp4 nowait {user} internal echo\n"
        "[{a}]\ninstances = -4\n",
    };
    for (const char* configuration : bad) {
        CAPTURE(std::string(configuration));
        const std::size_t before = daemon.output().size();
        const std::string outcome = daemon.reload(configuration);
        CAPTURE(outcome);
        CHECK(daemon.output().find("minetd.conf:", before) != std::string::npos);
        CHECK(Client(daemon.port("a")).ask("still\n") == "still\n");
        CHECK(Client(daemon.port("b")).ask("still\n") == "still\n");
    }
    CHECK(daemon.reload("{a} stream tcp4 nowait {user} internal echo\n").rfind("reloaded: ", 0) ==
          0);
    CHECK(Client(daemon.port("b")).end() == Client::End::refused);
}

TEST_CASE("a reload that repairs a service whose start is on pause has it started at once") {
    const auto configuration = [](const std::string& directory) {
        return "{echo} stream tcp4 prefork {user} internal echo\n[{echo}]\nid = echo\n"
               "directory = " +
               directory + "\n";
    };
    DaemonUnderTest daemon(configuration("{dir}/none"));
    daemon.await_output("next start in 2 s");
    // No better: its first pause is the first again.
    daemon.reload(configuration("{dir}/none/either"));
    daemon.await_lines("next start in 1 s", 2);
    daemon.reload(configuration("{dir}"));
    CHECK(Client(daemon.port("echo")).ask("at last") == "at last");
}

TEST_CASE("an entry of xinetd that is pasted into the file costs itself alone") {
    const std::string two =
        "{a} stream tcp4 nowait {user} internal echo\n{b} stream tcp4 nowait {user} internal "
        "echo\n";
    DaemonUnderTest daemon(two);
    const std::string again = daemon.reload(two + "service pasted\n{\n    port = 7001\n}\n");
    CAPTURE(again);
    CHECK(again.find("0 removed") != std::string::npos);
    CHECK(Client(daemon.port("a")).ask("x\n") == "x\n");
    CHECK(daemon.lines_with("xinetd entry in a native file") == 1);
}

TEST_SUITE_END();
