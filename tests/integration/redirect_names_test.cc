// SPDX-License-Identifier: ISC
// A destination by its name, which may have several addresses, or none yet.
#include <doctest/doctest.h>
#include <unistd.h>

#include <map>
#include <memory>
#include <string>

#include "daemon/os/socket_address.h"
#include "tests/integration/client.h"
#include "tests/integration/daemon_under_test.h"
#include "tests/integration/fake_name_server.h"
#include "tests/integration/forwarding.h"
#include "tests/integration/own_network.h"

using namespace minetd;

TEST_SUITE_BEGIN("redirect");

TEST_CASE("a name with several addresses: each that refuses leaves it to the next") {
    in_own_network(
        {{"nsswitch.conf", FakeNameServer::nsswitch()}, {"resolv.conf", FakeNameServer::resolv()}},
        [] {
            const FakeNameServer names({{"many.example.org", "127.0.0.2 127.0.0.3 127.0.0.4"}}, {});
            DaemonUnderTest daemon(forwarding("", "{other}", "many.example.org"));
            // Whichever the resolver puts first, in two of the three it refuses.
            for (const char* host : {"127.0.0.4", "127.0.0.2", "127.0.0.3"}) {
                CAPTURE(std::string(host));
                Destination destination(daemon.port("other"), host);
                for_each_mpm([&](const std::string& mpm) {
                    Client client(daemon.port(mpm));
                    SocketAddress peer;
                    const UniqueFd there = destination.accept(peer);
                    client.send("hello");
                    CHECK(receive(there, 5) == "hello");
                });
            }
            CHECK(daemon.lines_with("cannot forward to") == 0);
        });
}

TEST_CASE("a name that is not there yet is looked up again, while the service runs") {
    in_own_network(
        {{"nsswitch.conf", FakeNameServer::nsswitch()}, {"resolv.conf", FakeNameServer::resolv()}},
        [] {
            auto names = std::make_unique<FakeNameServer>(std::map<std::string, std::string>{},
                                                          std::map<std::string, std::string>{});
            DaemonUnderTest daemon(forwarding("", "{to}", "late.example.org"));
            for_each_mpm(
                [&](const std::string& mpm) { CHECK(Client(daemon.port(mpm)).rest().empty()); });
            names.reset();
            names = std::make_unique<FakeNameServer>(
                std::map<std::string, std::string>{{"late.example.org", "127.0.0.1"}},
                std::map<std::string, std::string>{});
            for_each_mpm([&](const std::string& mpm) {
                std::string heard;
                for (int i = 0; i < 3000 && heard.empty(); ++i) {
                    heard = Client(daemon.port(mpm)).ask("hello\n");
                    ::usleep(10'000);
                }
                CHECK(heard == "hello\n");
            });
        });
}

TEST_SUITE_END();
