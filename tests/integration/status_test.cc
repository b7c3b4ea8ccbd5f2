// SPDX-License-Identifier: ISC
// The status service as monitoring sees it: what it says is what happens, through reloads and
// deaths.
#include <doctest/doctest.h>
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <functional>
#include <regex>
#include <string>
#include <vector>

#include "tests/integration/client.h"
#include "tests/integration/daemon_under_test.h"
#include "tests/integration/process_tree.h"

using namespace minetd;

namespace {

std::string get(std::uint16_t port, const std::string& target) {
    const std::string answer = Client(port).ask("GET " + target + " HTTP/1.0\r\n\r\n");
    REQUIRE(answer.starts_with("HTTP/1.1 200 OK\r\n"));
    return answer.substr(answer.find("\r\n\r\n") + 4);
}

/// As munin's and collectd's plugins find them: a line that begins with the name. -1: none.
long number(const std::string& text, const std::string& key) {
    std::smatch found;
    const std::regex line("(^|\n)" + key + ": ([0-9]+)(\n|$)");
    return std::regex_search(text, found, line) ? std::stol(found[2]) : -1;
}

std::string letters(const std::string& text) {
    std::smatch found;
    const std::regex line("\nScoreboard: ([_SRWKDCLGI.]*)\n");
    REQUIRE(std::regex_search(text, found, line));
    return found[1];
}

long count(const std::string& text, std::string_view which) {
    const std::string all = letters(text);
    return std::ranges::count_if(all,
                                 [&](char c) { return which.find(c) != std::string_view::npos; });
}

/// What a service says once `reached` is so, or when patience is over.
std::string until(std::uint16_t port, const std::string& target,
                  const std::function<bool(const std::string&)>& reached) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(patience_ms);
    std::string text = get(port, target);
    while (!reached(text) && std::chrono::steady_clock::now() < end) {
        ::poll(nullptr, 0, 20);
        text = get(port, target);
    }
    CAPTURE(text);
    CHECK(reached(text));
    return text;
}

std::vector<pid_t> server_pids(const std::string& json) {
    std::vector<pid_t> pids;
    const std::regex pid("\"pid\":([1-9][0-9]*)");
    for (std::sregex_iterator at(json.begin(), json.end(), pid), end; at != end; ++at)
        pids.push_back(std::stoi((*at)[1]));
    return pids;
}

pid_t parent_of(const DaemonUnderTest& daemon, pid_t pid) {
    for (const ProcessView& process : descendants(daemon.pid()))
        if (process.pid == pid) return process.parent;
    return 0;
}

constexpr std::string_view services = R"(
{prefork} stream tcp4 prefork {user} internal echo
{worker}  stream tcp4 worker  {user} internal echo
{event}   stream tcp4 event   {user} internal echo
{single}  stream tcp4 nowait  {user} internal echo
{program} stream tcp4 nowait  {user} /bin/cat cat
{pooled}  stream tcp4 prefork {user} /bin/cat cat
{status}  stream tcp4 event   {user} internal status
{alone}   stream tcp4 nowait  {user} internal status
{forked}  stream tcp4 prefork {user} internal status
{threads} stream tcp4 worker  {user} internal status
)";

}  // namespace

TEST_SUITE_BEGIN("status");

TEST_CASE("every way of serving it shows the same services, and what monitoring reads adds up") {
    DaemonUnderTest daemon{services};
    for (const char* name : {"status", "alone", "forked", "threads"}) {
        CAPTURE(name);
        const std::string text = get(daemon.port(name), "/server-status?auto");
        CAPTURE(text);
        for (const char* key : {"Total Accesses", "Total kBytes", "Uptime", "BusyWorkers",
                                "IdleWorkers", "ConnsTotal", "ServerUptimeSeconds"}) {
            CAPTURE(key);
            CHECK(number(text, key) >= 0);
        }
        CHECK(number(text, "IdleWorkers") == count(text, "_"));
        CHECK(number(text, "BusyWorkers") == count(text, "RWKC"));
        // Who shows them hears of them as they come.
        for (const char* service : {"prefork", "worker", "event", "single", "program", "pooled",
                                    "status", "alone", "forked", "threads"}) {
            CAPTURE(service);
            until(daemon.port(name), "/?json", [&](const std::string& json) {
                return json.find("\"id\":\"" + std::to_string(daemon.port(service)) + '"') !=
                       json.npos;
            });
        }
        CHECK(get(daemon.port(name), "/").find("</html>") != std::string::npos);
    }
    CHECK(Client(daemon.port("status")).ask("GET /none HTTP/1.0\r\n\r\n").find(" 404 ") == 8);
}

TEST_CASE("counts and letters follow the connections") {
    DaemonUnderTest daemon{services};
    const std::uint16_t status = daemon.port("status");
    const struct {
        std::string service;
        const char* key;
        const char* letters;  ///< of a worker in the middle of a conversation
    } cases[] = {{"prefork", "BusyWorkers", "RWK"}, {"worker", "BusyWorkers", "RWK"},
                 {"event", "ConnsTotal", ""},       {"single", "ConnsTotal", ""},
                 {"program", "BusyWorkers", "W"},   {"pooled", "BusyWorkers", "R"}};
    for (const auto& c : cases) {
        CAPTURE(c.service);
        const std::string target = '/' + std::to_string(daemon.port(c.service)) + "?auto";
        CHECK(number(get(status, target), "Total Accesses") == 0);
        CHECK(number(get(status, target), c.key) == 0);
        {
            Client held(daemon.port(c.service)), other(daemon.port(c.service));
            for (Client* client : {&held, &other}) {
                client->send("x\n");
                CHECK(client->line() == "x\n");
            }
            const std::string text = until(
                status, target, [&](const std::string& now) { return number(now, c.key) == 2; });
            if (*c.letters != '\0') CHECK(count(text, c.letters) == 2);
            CHECK(number(text, "Total Accesses") == 2);
        }
        until(status, target, [&](const std::string& now) { return number(now, c.key) == 0; });
    }
    const std::string all = get(status, "/?auto");
    CHECK(number(all, "Total Accesses") >= 12);
}

TEST_CASE("the time of connections is told, whoever serves them") {
    DaemonUnderTest daemon{services};
    constexpr std::chrono::milliseconds held(30);
    for (const char* service : {"prefork", "worker", "event", "single"}) {
        CAPTURE(service);
        const std::string target = '/' + std::to_string(daemon.port(service)) + "?auto";
        {
            Client client(daemon.port(service));
            CHECK(client.say("x") == "x\n");
            const auto end = std::chrono::steady_clock::now() + held;
            while (std::chrono::steady_clock::now() < end) CHECK(client.say("x") == "x\n");
        }
        until(daemon.port("status"), target, [&](const std::string& now) {
            return number(now, "Total Duration") >= held.count();
        });
    }
}

TEST_CASE("datagrams are counted, whoever serves them") {
    DaemonUnderTest daemon(R"(
{prefork} dgram  udp4 prefork {user} internal echo
{worker}  dgram  udp4 worker  {user} internal echo
{event}   dgram  udp4 event   {user} internal echo
{single}  dgram  udp4 wait    {user} internal echo
{status}  stream tcp4 event   {user} internal status
[defaults]
udp_guard = local
)");
    for (const char* service : {"prefork", "worker", "event", "single"}) {
        CAPTURE(service);
        Client client(address_of("127.0.0.1", daemon.port(service)), SOCK_DGRAM);
        for (int i = 0; i < 3; ++i) {
            client.send("12345");
            CHECK(client.receive() == "12345");
        }
        until(daemon.port("status"), '/' + std::to_string(daemon.port(service)) + "?json",
              [&](const std::string& json) {
                  return json.find("\"connections\":3,\"requests\":0,\"bytes\":15,") != json.npos;
              });
    }
}

TEST_CASE("a client that waits for its turn is shown, and not the one before it") {
    DaemonUnderTest daemon(R"(
{pool}    stream tcp4 prefork {user} internal echo
{status}  stream tcp4 event   {user} internal status
[{pool}]
instances = 1
overflow  = queue
start_servers = 2
min_spare_servers = 1
)");
    const SocketAddress pool = address_of("127.0.0.1", daemon.port("pool"));
    Client held(pool, SOCK_STREAM, address_of("127.0.0.2", 0));
    CHECK(held.say("x") == "x\n");
    Client waiting(pool, SOCK_STREAM, address_of("127.0.0.3", 0));
    until(daemon.port("status"), '/' + std::to_string(daemon.port("pool")) + "?json",
          [](const std::string& json) { return json.find("\"127.0.0.3\"") != json.npos; });
    held.close();
    CHECK(waiting.say("x") == "x\n");
}

TEST_CASE("totals survive a reload, a killed server and a killed keeper; who leaves is shown") {
    const std::string lines =
        "{echo} stream tcp4 prefork {user} internal echo\n"
        "{status} stream tcp4 nowait {user} internal status\n";
    DaemonUnderTest daemon(lines);
    const std::uint16_t status = daemon.port("status"), echo = daemon.port("echo");
    const std::string target = '/' + std::to_string(echo);
    for (int i = 0; i < 5; ++i) CHECK(Client(echo).ask("x\n") == "x\n");
    const auto total = [](long accesses) {
        return [accesses](const std::string& text) {
            return number(text, "Total Accesses") == accesses && number(text, "IdleWorkers") > 0;
        };
    };
    until(status, target + "?auto", total(5));
    // All that start_servers are: a server has its row before it waits for somebody.
    const auto started = [&] {
        return server_pids(until(status, target + "?json", [](const std::string& json) {
            return server_pids(json).size() >= 5;
        }));
    };

    SUBCASE("a reload") {
        Client held(echo);
        held.send("x\n");
        CHECK(held.line() == "x\n");
        daemon.reload(lines + "[{echo}]\nnice = 1\n");
        until(status, target + "?auto", [&](const std::string& text) {
            return number(text, "GracefulWorkers") == 1 && count(text, "G") == 1 && total(6)(text);
        });
        CHECK(held.ask("") == "");
        until(status, target + "?auto", [&](const std::string& text) {
            return number(text, "GracefulWorkers") == 0 && total(6)(text);
        });
        CHECK(Client(echo).ask("x\n") == "x\n");
        const std::string text = until(status, target + "?auto", total(7));
        CHECK(number(text, "ParentServerMPMGeneration") == 1);
        CHECK(number(text, "ParentServerConfigGeneration") == 2);
    }
    SUBCASE("another way of serving, then nobody, then somebody new") {
        daemon.reload(
            "{echo} stream tcp4 event {user} internal echo\n"
            "{status} stream tcp4 nowait {user} internal status\n");
        CHECK(Client(echo).ask("x\n") == "x\n");
        until(status, target + "?auto", [&](const std::string& text) {
            return total(6)(text) && text.find("\nServerMPM: event\n") != text.npos;
        });
        daemon.reload(
            "{later} stream tcp4 prefork {user} internal echo\n"
            "{status} stream tcp4 nowait {user} internal status\n");
        const std::string later = "\"id\":\"" + std::to_string(daemon.port("later")) + '"';
        until(status, "/?json", [&](const std::string& json) {
            return json.find(later) != json.npos &&
                   json.find("\"id\":\"" + std::to_string(echo) + '"') == json.npos;
        });
    }
    SUBCASE("a server is killed") {
        const auto servers = started();
        REQUIRE(servers.size() >= 5);
        for (const pid_t server : servers) CHECK(::kill(server, SIGKILL) == 0);
        until(status, target + "?json", [&](const std::string& json) {
            const auto now = server_pids(json);
            return now.size() >= 5 && std::ranges::find_first_of(now, servers) == now.end();
        });
        CHECK(Client(echo).ask("x\n") == "x\n");
        until(status, target + "?auto", total(6));
    }
    SUBCASE("a keeper is killed") {
        const auto servers = started();
        REQUIRE(servers.size() >= 5);
        const pid_t keeper = parent_of(daemon, servers[0]);
        REQUIRE(keeper > 0);
        REQUIRE(keeper != daemon.pid());
        CHECK(::kill(keeper, SIGKILL) == 0);
        until(status, target + "?json", [&](const std::string& json) {
            const auto now = server_pids(json);
            return now.size() >= 5 && std::ranges::find_first_of(now, servers) == now.end();
        });
        CHECK(Client(echo).ask("x\n") == "x\n");
        until(status, target + "?auto", total(6));
    }
}

TEST_CASE("news of others reach the servers of a service that a reload changes in passing, too") {
    const std::string lines =
        "{first} dgram udp4 event {user} internal echo\n"
        "{status} stream tcp4 event {user} internal status\n";
    DaemonUnderTest daemon(lines);
    const auto generation = [&] {
        return number(
            get(daemon.port("status"), '/' + std::to_string(daemon.port("first")) + "?auto"),
            "ParentServerMPMGeneration");
    };
    CHECK(comes_true([&] { return generation() == 0; }));
    // By itself that takes no new servers.
    daemon.reload(lines + "[{first}]\nsndbuf = 65536\n");
    CHECK(generation() == 0);
    daemon.reload(lines +
                  "{second} dgram udp4 event {user} internal echo\n"
                  "[{first}]\nsndbuf = 131072\n");
    CHECK(comes_true([&] { return generation() == 1; }));
}

TEST_CASE("refusals are counted, in pools and for programs") {
    DaemonUnderTest daemon(R"(
{pool}    stream tcp4 prefork {user} internal echo
{program} stream tcp4 nowait  {user} /bin/cat cat
{status}  stream tcp4 event   {user} internal status
[{pool}]
instances = 1
[{program}]
instances = 1
)");
    for (const char* service : {"pool", "program"}) {
        CAPTURE(service);
        Client held(daemon.port(service));
        held.send("x\n");
        CHECK(held.line() == "x\n");
        for (int i = 0; i < 3; ++i) CHECK(Client(daemon.port(service)).ask("") == "");
        const std::string target = '/' + std::to_string(daemon.port(service)) + "?json";
        until(daemon.port("status"), target,
              [](const std::string& json) { return json.find("\"refused\":3,") != json.npos; });
    }
}

TEST_CASE("a slow client, and one that never asks, cost the status of nobody else") {
    DaemonUnderTest daemon{services};
    const std::uint16_t status = daemon.port("status");
    std::vector<Client> silent;
    for (int i = 0; i < 100; ++i) silent.emplace_back(status);
    Client greedy(status);
    std::string requests;
    for (int i = 0; i < 500; ++i) requests += "GET /?json HTTP/1.1\r\nHost: x\r\n\r\n";
    greedy.send(requests);  // and reads nothing
    for (int i = 0; i < 20; ++i) CHECK(number(get(status, "/?auto"), "ConnsTotal") >= 0);
    CHECK(number(get(status, "/?auto"), "ConnsTotal") >= 100);
}

TEST_SUITE_END();
