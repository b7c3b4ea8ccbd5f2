// SPDX-License-Identifier: ISC
// Connections that are forwarded: the same under every MPM, whatever either side does.
#include <doctest/doctest.h>
#include <sys/socket.h>

#include <csignal>
#include <deque>
#include <set>
#include <string>

#include "daemon/os/socket_address.h"
#include "tests/integration/client.h"
#include "tests/integration/daemon_under_test.h"
#include "tests/integration/forwarding.h"
#include "tests/integration/process_tree.h"

using namespace minetd;

TEST_SUITE_BEGIN("redirect");

TEST_CASE("both directions, and each ends by itself") {
    DaemonUnderTest daemon(forwarding());
    for_each_mpm([&](const std::string& mpm) {
        Client client(daemon.port(mpm));
        client.send("one\n");
        CHECK(client.line() == "one\n");
        client.send("two\n");
        client.finish();
        CHECK(client.rest() == "two\n");  // the answer comes after our end
        CHECK(client.end() == Client::End::closed);
    });
}

TEST_CASE("the destination's end goes to the client, whose own words still go through") {
    DaemonUnderTest daemon(forwarding("", "{other}"));
    Destination destination(daemon.port("other"));
    for_each_mpm([&](const std::string& mpm) {
        Client client(daemon.port(mpm));
        SocketAddress peer;
        const UniqueFd there = destination.accept(peer);
        REQUIRE(::send(there.get(), "bye", 3, MSG_NOSIGNAL) == 3);
        REQUIRE(::shutdown(there.get(), SHUT_WR) == 0);
        CHECK(client.rest() == "bye");
        client.send("last words");
        client.finish();
        CHECK(receive(there, 100) == "last words");
    });
}

TEST_CASE("nobody there: the client is let go, and the next one is served as well") {
    DaemonUnderTest daemon(forwarding("", "{nobody}"));
    for_each_mpm([&](const std::string& mpm) {
        for (int i = 0; i < 3; ++i) {
            Client client(daemon.port(mpm));
            CHECK(client.rest().empty());
            CHECK(client.end() != Client::End::none);
        }
    });
    CHECK(daemon.alive());
}

TEST_CASE("a reset on one side is an end on the other") {
    DaemonUnderTest daemon(forwarding("", "{other}"));
    Destination destination(daemon.port("other"));
    const linger at_once{1, 0};
    for_each_mpm([&](const std::string& mpm) {
        SocketAddress peer;
        Client rude(daemon.port(mpm));
        UniqueFd there = destination.accept(peer);
        rude.send("x");
        CHECK(receive(there, 1) == "x");
        ::setsockopt(rude.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        rude.close();
        CHECK(receive(there, 1).empty());

        Client polite(daemon.port(mpm));
        there = destination.accept(peer);
        ::setsockopt(there.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        there.reset();
        polite.rest();
        CHECK(polite.end() != Client::End::none);
    });
}

TEST_CASE("a destination that does not answer is given up after redirect_timeout") {
    DaemonUnderTest daemon(forwarding("redirect_timeout = 1\n", "{other}"));
    // A backlog of one place and two who take it: the kernel lets the next one wait for ever.
    const Destination full(daemon.port("other"), "127.0.0.1", 0);
    const SocketAddress address = address_of("127.0.0.1", daemon.port("other"));
    std::deque<UniqueFd> takers;
    for (int i = 0; i < 2; ++i) {
        takers.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        ::connect(takers.back().get(), address.raw(), address.length);
    }
    std::deque<Client> clients;
    for_each_mpm([&](const std::string& mpm) { clients.emplace_back(daemon.port(mpm)); });
    for (Client& client : clients) {
        CHECK(client.rest().empty());
        CHECK(client.end() != Client::End::none);
    }
    CHECK(daemon.alive());
}

TEST_CASE("a server that is killed takes its own connections with it, on both sides") {
    DaemonUnderTest daemon(forwarding("", "{other}"));
    Destination destination(daemon.port("other"));
    const auto servers = [&] {
        std::set<pid_t> pids;
        for (const ProcessView& process : descendants(daemon.pid())) pids.insert(process.pid);
        return pids;
    };
    SocketAddress peer;
    std::deque<Client> clients;
    std::deque<UniqueFd> theirs;
    for_each_mpm([&](const std::string& mpm) {
        clients.emplace_back(daemon.port(mpm));
        theirs.push_back(destination.accept(peer));
        clients.back().send("half of it");
        CHECK(receive(theirs.back(), 10) == "half of it");
    });
    for (const pid_t pid : servers()) ::kill(pid, SIGKILL);
    for (std::size_t i = 0; i < clients.size(); ++i) {
        CAPTURE(std::string(forwarding_mpms[i]));
        CHECK(receive(theirs[i], 1).empty());
        CHECK(clients[i].rest().empty());
        CHECK(clients[i].end() != Client::End::none);
    }
    for_each_mpm([&](const std::string& mpm) {
        Client next(daemon.port(mpm));
        const UniqueFd there = destination.accept(peer);
        next.send("anew");
        CHECK(receive(there, 4) == "anew");
    });
}

TEST_CASE("hundreds at once, in one process") {
    DaemonUnderTest daemon(forwarding());
    for (const std::string mpm : {"nowait", "event"}) {
        CAPTURE(mpm);
        std::deque<Client> clients;
        for (int i = 0; i < 500; ++i) clients.emplace_back(daemon.port(mpm));
        for (std::size_t i = 0; i < clients.size(); ++i) clients[i].send(std::to_string(i) + "\n");
        for (std::size_t i = 0; i < clients.size(); ++i)
            CHECK(clients[i].line() == std::to_string(i) + "\n");
    }
}

TEST_CASE("a reload leaves what is being forwarded alone") {
    DaemonUnderTest daemon(forwarding("", "{first}"));
    Destination first(daemon.port("first"));
    std::deque<Client> clients;
    std::deque<UniqueFd> theirs;
    SocketAddress peer;
    for_each_mpm([&](const std::string& mpm) {
        clients.emplace_back(daemon.port(mpm));
        theirs.push_back(first.accept(peer));
    });
    daemon.reload(forwarding("", "{second}"));
    for (std::size_t i = 0; i < clients.size(); ++i) {
        CAPTURE(std::string(forwarding_mpms[i]));
        clients[i].send("still");
        CHECK(receive(theirs[i], 5) == "still");
        REQUIRE(::send(theirs[i].get(), "here", 4, MSG_NOSIGNAL) == 4);
        CHECK(clients[i].bytes(4) == "here");
    }
}

TEST_SUITE_END();
