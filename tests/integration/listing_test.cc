// SPDX-License-Identifier: ISC
// The builtins `services` and `servers`: what they list is what there is, whoever serves them, and
// who may not see it does not.
#include <doctest/doctest.h>
#include <poll.h>

#include <chrono>
#include <csignal>
#include <functional>
#include <regex>
#include <string>

#include "tests/integration/client.h"
#include "tests/integration/daemon_under_test.h"

using namespace minetd;

namespace {

/// The listing once `reached` is so, or when patience is over.
std::string until(std::uint16_t port, const std::function<bool(const std::string&)>& reached) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(patience_ms);
    std::string text = Client(port).ask("");
    while (!reached(text) && std::chrono::steady_clock::now() < end) {
        ::poll(nullptr, 0, 20);
        text = Client(port).ask("");
    }
    return text;
}

int lines(const std::string& text, const std::string& pattern) {
    const std::regex line("(^|\n)" + pattern + "(?=\n)");
    return static_cast<int>(
        std::distance(std::sregex_iterator(text.begin(), text.end(), line), {}));
}

constexpr std::string_view since = R"( \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)";

constexpr std::string_view configuration = R"(
{own}     stream tcp4 SERVE   {user} internal services
{who}     stream tcp4 SERVE   {user} internal servers
{program} stream tcp4 nowait  {user} /bin/cat cat
{pool}    stream tcp4 prefork {user} internal echo
{dgram}   dgram  udp4 wait    {user} internal echo
[defaults]
only_from = 127.0.0.1
[{own}]
id = own
[{who}]
id = who
[{program}]
id = program
[{pool}]
id = pool
start_servers = 2
min_spare_servers = 1
max_spare_servers = 2
[{dgram}]
id = dgram
)";

std::string served_by(std::string_view serve) {
    std::string text(configuration);
    for (std::size_t at; (at = text.find("SERVE")) != std::string::npos;)
        text.replace(at, 5, serve);
    return text;
}

}  // namespace

TEST_SUITE_BEGIN("listing");

TEST_CASE("services and servers are listed, in every way of serving the lists") {
    for (const char* serve : {"nowait", "prefork", "event"}) {
        CAPTURE(std::string(serve));
        DaemonUnderTest daemon(served_by(serve));
        const auto port = [&](const char* name) { return std::to_string(daemon.port(name)); };
        // Whoever serves the list hears of the others as they come.
        std::string all;
        CHECK(comes_true([&] {
            all = Client(daemon.port("own")).ask("");
            return lines(all, "[^\n]+") >= 5;
        }));
        CAPTURE(all);
        CHECK(lines(all, "own tcp4 " + port("own") + " " + serve) == 1);
        CHECK(lines(all, "program tcp4 " + port("program") + " nowait") == 1);
        CHECK(lines(all, "pool tcp4 " + port("pool") + " prefork") == 1);
        CHECK(lines(all, "dgram udp4 " + port("dgram") + " nowait") == 1);
        CHECK(lines(all, "[^\n]+") == 5);

        Client first(daemon.port("program")), second(daemon.port("program")),
            third(daemon.port("pool"));
        for (Client* client : {&first, &second}) {
            client->send("x\n");
            CHECK(client->line() == "x\n");
        }
        third.send("x\n");
        CHECK(third.line() == "x\n");
        const std::string pid(" \\d+"), from(pid + " 127\\.0\\.0\\.1" + std::string(since));
        const std::string who = until(daemon.port("who"), [&](const std::string& text) {
            return lines(text, "program" + from) == 2 && lines(text, "pool" + from) == 1 &&
                   lines(text, "pool" + pid + " -" + std::string(since)) >= 1;
        });
        CAPTURE(who);
        CHECK(lines(who, "program" + from) == 2);
        CHECK(lines(who, "pool" + from) == 1);
        CHECK(lines(who, "pool" + pid + " -" + std::string(since)) >= 1);
        CHECK(lines(who, "who" + pid + " [-0-9.]+" + std::string(since)) >= 1);

        // Over a reload that changes the service, sessions stay on the list; then they go.
        daemon.reload(served_by(serve) + "[{program}]\nnice = 1\n");
        const std::string reloaded = until(daemon.port("who"), [&](const std::string& text) {
            return lines(text, "program" + from) == 2;
        });
        CAPTURE(reloaded);
        CHECK(lines(reloaded, "program" + from) == 2);
        first.close();
        const std::string left = until(daemon.port("who"), [&](const std::string& text) {
            return lines(text, "program" + from) == 1;
        });
        CAPTURE(left);
        CHECK(lines(left, "program" + from) == 1);
        second.close();
        third.close();
        until(daemon.port("who"),
              [&](const std::string& text) { return lines(text, "program" + from) == 0; });
    }
}

TEST_CASE("whoever is not on only_from gets no list") {
    std::string refused = served_by("nowait");
    refused.replace(refused.find("127.0.0.1"), 9, "192.0.2.1");
    DaemonUnderTest daemon(refused);
    CHECK(Client(daemon.port("own")).ask("") == "");
    CHECK(Client(daemon.port("who")).ask("") == "");
    daemon.await_output("FAIL: who address from=127.0.0.1");
}

TEST_SUITE_END();
