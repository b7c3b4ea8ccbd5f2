// SPDX-License-Identifier: ISC
// Upgrades in place while clients come without a pause, and others talk all the time: every request
// is answered. MINETD_LOSS=long does as many as a release asks for.
#include <doctest/doctest.h>
#include <fmt/core.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/integration/client.h"
#include "tests/integration/datagram_load.h"
#include "tests/integration/upgradable.h"

using namespace minetd;

namespace {

using namespace std::chrono_literals;

/// What became of the requests of many clients.
struct Fates {
    std::atomic<int> sent{0}, answered{0}, refused{0}, reset{0}, lost{0};

    /// One request, one line; true if it was answered.
    bool ask(Client& client, int number) {
        const std::string text = "line " + std::to_string(number) + "\n";
        ++sent;
        client.send(text);
        const std::string answer = client.line();
        ++(answer == text                         ? answered
           : client.end() == Client::End::refused ? refused
           : client.end() == Client::End::reset   ? reset
                                                  : lost);
        return answer == text;
    }
};

}  // namespace

TEST_SUITE_BEGIN("upgrade");

TEST_CASE("under load: none refused, none reset, none lost") {
    const char* const names[] = {"program", "inner", "pooled", "prefork", "worker", "event"};
    const std::string services = R"(
{program} stream tcp4 nowait  {user} /bin/cat cat
{inner}   stream tcp4 nowait  {user} internal echo
{pooled}  stream tcp4 prefork {user} /bin/cat cat
{prefork} stream tcp4 prefork {user} internal echo
{worker}  stream tcp4 worker  {user} internal echo
{event}   stream tcp4 event   {user} internal echo
)";
    const auto configuration = [&](int number) {
        return services + "[defaults]\nper_source = 500\nlisten_backlog = 512\nnice = " +
               std::to_string(number % 2) + "\n";
    };
    Upgradable minetd(configuration(0));
    Fates brief, lasting;
    std::atomic<bool> going = true;
    std::vector<std::thread> clients;
    for (const char* name : names) {
        const std::uint16_t port = minetd.port(name);
        clients.emplace_back([&, port] {
            for (int i = 0; going; ++i) {
                Client client(port);
                brief.ask(client, i);
            }
        });
        clients.emplace_back([&, port] {
            while (going) {
                Client client(port);
                const auto end = std::chrono::steady_clock::now() + 300ms;
                for (int i = 0; going && std::chrono::steady_clock::now() < end; ++i) {
                    if (!lasting.ask(client, i)) break;
                    std::this_thread::sleep_for(5ms);
                }
            }
        });
    }
    const char* length = std::getenv("MINETD_LOSS");
    const int count = length != nullptr && std::string_view(length) == "long" ? 50 : 8;
    int upgrades = 0;
    try {
        for (int i = 1; i <= count; ++i) {
            // Every other one goes over to another configuration too.
            minetd.daemon().configure(configuration(i / 2));
            upgrades += minetd.upgrade().find("upgraded from") != std::string::npos;
        }
    } catch (...) {
        going = false;
        for (std::thread& client : clients) client.join();
        throw;
    }
    going = false;
    for (std::thread& client : clients) client.join();
    CHECK(upgrades == count);
    for (const auto& [what, fates] :
         {std::pair("new connections", &brief), std::pair("in long sessions", &lasting)}) {
        MESSAGE(fmt::format("{} upgrades, {}: {} sent, {} answered, {} refused, {} reset, {} lost",
                            upgrades, what, fates->sent.load(), fates->answered.load(),
                            fates->refused.load(), fates->reset.load(), fates->lost.load()));
        CHECK(fates->sent > upgrades);
        CHECK(fates->answered == fates->sent);
    }
}

TEST_CASE("datagrams that come during upgrades are all answered") {
    const char* const names[] = {"single", "prefork", "worker", "event"};
    const std::string services = R"(
{single}  dgram udp4 wait    {user} internal echo
{prefork} dgram udp4 prefork {user} internal echo
{worker}  dgram udp4 worker  {user} internal echo
{event}   dgram udp4 event   {user} internal echo
[defaults]
udp_guard = local
)";
    Upgradable minetd(services);
    std::vector<std::uint16_t> ports;
    for (const char* name : names) ports.push_back(minetd.port(name));
    DatagramLoad load(ports);
    constexpr int count = 8;
    for (int i = 1; i <= count; ++i) {
        load.await_answers(100);
        // Half of them begin their servers anew.
        minetd.daemon().configure(services + "nice = " + std::to_string(i / 2 % 2) + "\n");
        minetd.must_upgrade();
    }
    load.await_answers(100);
    const std::vector<DatagramLoad::Fates> fates = load.stop();
    for (std::size_t at = 0; at < std::size(names); ++at) {
        CAPTURE(std::string(names[at]));
        MESSAGE(fmt::format("{} upgrades, {}: {} datagrams, {} answered", count, names[at],
                            fates[at].sent, fates[at].answered));
        CHECK(fates[at].answered == fates[at].sent);
        CHECK(fates[at].wrong == 0);
    }
}

TEST_SUITE_END();
