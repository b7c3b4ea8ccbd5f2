// SPDX-License-Identifier: ISC
// Connections that are forwarded: the same under every MPM, whatever either side does.
#include <doctest/doctest.h>
#include <sys/socket.h>

#include <algorithm>
#include <csignal>
#include <deque>
#include <set>
#include <string>
#include <thread>

#include "daemon/os/socket_address.h"
#include "tests/integration/client.h"
#include "tests/integration/daemon_under_test.h"
#include "tests/integration/process_tree.h"

using namespace minetd;

namespace {

const char* const mpms[] = {"nowait", "prefork", "worker", "event", "threads", "perchild"};

/// `{to}` sends back what it receives; `{nobody}` is a port on which nobody listens.
std::string configuration(const std::string& attributes = {}, const std::string& to = "{to}") {
    std::string text = "{to} stream tcp4 event {user} internal echo\n";
    for (const char* mpm : mpms)
        text += std::string("{") + mpm + "} stream tcp4 " + mpm +
                " {user} internal redirect 127.0.0.1 " + to + "\n";
    return text + "[defaults]\nlog_on_success = TRAFFIC\n" + attributes;
}

template <class Body>
void for_each_mpm(Body&& body) {
    for (const char* mpm : mpms) {
        CAPTURE(std::string(mpm));
        body(std::string(mpm));
    }
}

/// One connection at a time, on a port of its own.
class Destination {
  public:
    explicit Destination(std::uint16_t port, const char* host = "127.0.0.1", int backlog = 8) {
        SocketAddress address = address_of(host, port);
        fd_.reset(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
        const int one = 1;
        ::setsockopt(fd_.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        REQUIRE(::bind(fd_.get(), address.raw(), address.length) == 0);
        REQUIRE(::listen(fd_.get(), backlog) == 0);
        const timeval patience{.tv_sec = patience_ms / 1000, .tv_usec = 0};
        ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    }
    UniqueFd accept(SocketAddress& peer) {
        peer.length = SocketAddress::capacity;
        UniqueFd fd(::accept4(fd_.get(), peer.raw(), &peer.length, SOCK_CLOEXEC));
        REQUIRE(fd);
        return fd;
    }

  private:
    UniqueFd fd_;
};

/// What comes until it has `size` bytes, or the end.
std::string receive(const UniqueFd& fd, std::size_t size) {
    std::string all;
    while (all.size() < size) {
        char room[65536];
        const ssize_t got = ::recv(fd.get(), room, std::min(sizeof room, size - all.size()), 0);
        if (got <= 0) break;
        all.append(room, static_cast<std::size_t>(got));
    }
    return all;
}

std::uint16_t own_port(const Client& client) {
    SocketAddress address;
    address.length = SocketAddress::capacity;
    ::getsockname(client.fd(), address.raw(), &address.length);
    return address.port();
}

}  // namespace

TEST_SUITE_BEGIN("redirect");

TEST_CASE("both directions, and each ends by itself") {
    DaemonUnderTest daemon(configuration());
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
    DaemonUnderTest daemon(configuration("", "{other}"));
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

TEST_CASE("more than any buffer holds, and what was forwarded is told exactly") {
    DaemonUnderTest daemon(configuration());
    std::string much;
    for (unsigned i = 0; much.size() < 8'000'000; ++i) much += std::to_string(i * 2654435761U);
    for_each_mpm([&](const std::string& mpm) {
        const std::string id = std::to_string(daemon.port(mpm));
        Client client(daemon.port(mpm));
        std::thread sender([&] {
            for (std::size_t at = 0; at < much.size();) {
                const ssize_t sent =
                    ::send(client.fd(), much.data() + at, much.size() - at, MSG_NOSIGNAL);
                if (sent <= 0) break;
                at += static_cast<std::size_t>(sent);
            }
            ::shutdown(client.fd(), SHUT_WR);
        });
        const std::string got = client.rest();
        sender.join();
        CHECK(got.size() == much.size());
        CHECK(got == much);
        const std::string size = std::to_string(much.size());
        daemon.await_output("TRAFFIC: " + id + " in=" + size + "(bytes) out=" + size + "(bytes)");
    });
}

TEST_CASE("nobody there: the client is let go, and the next one is served as well") {
    DaemonUnderTest daemon(configuration("", "{nobody}"));
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
    DaemonUnderTest daemon(configuration("", "{other}"));
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

TEST_CASE("the destination is told who the client is, and where the connection comes from") {
    DaemonUnderTest daemon(
        configuration("proxy_protocol = v1\nredirect_source = 127.0.0.9\n", "{other}"));
    Destination destination(daemon.port("other"));
    for_each_mpm([&](const std::string& mpm) {
        Client client(daemon.port(mpm));
        SocketAddress peer;
        const UniqueFd there = destination.accept(peer);
        client.send("after it");
        const std::string header = "PROXY TCP4 127.0.0.1 127.0.0.1 " +
                                   std::to_string(own_port(client)) + " " +
                                   std::to_string(daemon.port(mpm)) + "\r\n";
        CHECK(receive(there, header.size() + 8) == header + "after it");
        CHECK(peer.host() == "127.0.0.9");
    });
}

TEST_CASE("the second version of the header, byte for byte") {
    DaemonUnderTest daemon(configuration("proxy_protocol = v2\n", "{other}"));
    Destination destination(daemon.port("other"));
    for_each_mpm([&](const std::string& mpm) {
        Client client(daemon.port(mpm));
        SocketAddress peer;
        const UniqueFd there = destination.accept(peer);
        std::string header("\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0C", 16);
        header += std::string("\x7F\0\0\x01\x7F\0\0\x01", 8);
        for (const unsigned port : {unsigned{own_port(client)}, unsigned{daemon.port(mpm)}}) {
            header += static_cast<char>(port >> 8);
            header += static_cast<char>(port & 0xFF);
        }
        CHECK(receive(there, header.size()) == header);
    });
}

TEST_CASE("the header of a client that came over IPv6") {
    for (const std::string version : {"v1", "v2"}) {
        CAPTURE(version);
        std::string text;
        for (const char* mpm : mpms)
            text += std::string("[::1]:{") + mpm + "} stream tcp6 " + mpm +
                    " {user} internal redirect ::1 {other}\n";
        DaemonUnderTest daemon(text + "[defaults]\nproxy_protocol = " + version + "\n");
        Destination destination(daemon.port("other"), "::1");
        for_each_mpm([&](const std::string& mpm) {
            Client client(address_of("::1", daemon.port(mpm)));
            SocketAddress peer;
            const UniqueFd there = destination.accept(peer);
            const unsigned ports[] = {own_port(client), daemon.port(mpm)};
            std::string header;
            if (version == "v1") {
                header = "PROXY TCP6 ::1 ::1 " + std::to_string(ports[0]) + " " +
                         std::to_string(ports[1]) + "\r\n";
            } else {
                const std::string one = std::string(15, '\0') + "\x01";
                header = std::string("\r\n\r\n\0\r\nQUIT\n\x21\x21\x00\x24", 16) + one + one;
                for (const unsigned port : ports) {
                    header += static_cast<char>(port >> 8);
                    header += static_cast<char>(port & 0xFF);
                }
            }
            client.send("after it");
            CHECK(receive(there, header.size() + 8) == header + "after it");
        });
    }
}

TEST_CASE("a destination that does not answer is given up after redirect_timeout") {
    DaemonUnderTest daemon(configuration("redirect_timeout = 1\n", "{other}"));
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
    DaemonUnderTest daemon(configuration("", "{other}"));
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
        CAPTURE(std::string(mpms[i]));
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
    DaemonUnderTest daemon(configuration());
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
    DaemonUnderTest daemon(configuration("", "{first}"));
    Destination first(daemon.port("first"));
    std::deque<Client> clients;
    std::deque<UniqueFd> theirs;
    SocketAddress peer;
    for_each_mpm([&](const std::string& mpm) {
        clients.emplace_back(daemon.port(mpm));
        theirs.push_back(first.accept(peer));
    });
    daemon.reload(configuration("", "{second}"));
    for (std::size_t i = 0; i < clients.size(); ++i) {
        CAPTURE(std::string(mpms[i]));
        clients[i].send("still");
        CHECK(receive(theirs[i], 5) == "still");
        REQUIRE(::send(theirs[i].get(), "here", 4, MSG_NOSIGNAL) == 4);
        CHECK(clients[i].bytes(4) == "here");
    }
}

TEST_SUITE_END();
