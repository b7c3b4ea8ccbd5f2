// SPDX-License-Identifier: ISC
#include "mpm/inner_sockets.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "daemon/os/socket.h"

using namespace minetd;

namespace {

ServiceSpec stream() {
    ServiceSpec spec;
    spec.protocol = "tcp";
    spec.serve = Serve::wait;
    spec.intercept = true;
    return spec;
}

/// Service sockets of the host, on ports of the kernel's choice.
class Outer {
  public:
    const ListeningSocket& add(const char* host, bool specific) {
        SocketOptions options;
        options.type = SOCK_STREAM;
        options.v6only = true;
        fds_.push_back(open_listener(resolve(host, 0, AF_UNSPEC).at(0), options));
        const int fd = fds_.back().get();
        sockets.push_back(
            {.fd = fd, .address = local_address(fd), .specific = specific, .host = host});
        return sockets.back();
    }
    std::vector<ListeningSocket> sockets;

  private:
    std::vector<UniqueFd> fds_;
};

SocketAddress at(const char* host, std::uint16_t port) {
    return resolve(host, port, AF_UNSPEC).at(0);
}

bool has_networks() {
    if (::geteuid() == 0) return true;
    MESSAGE("skipped: a network of its own takes root");
    return false;
}

}  // namespace

TEST_SUITE_BEGIN("mpm");

TEST_CASE("inner sockets have the outer ones' addresses, where nobody else is") {
    if (!has_networks()) return;
    Outer outer;
    outer.add("127.0.0.1", true);
    outer.add("0.0.0.0", false);
    outer.add("::1", true);
    const InnerSockets inner(stream(), outer.sockets);
    REQUIRE(inner.shows_peers());
    CHECK(inner.problem().empty());
    const auto sockets = inner.sockets();
    for (std::size_t i = 0; i < sockets.size(); ++i) {
        CHECK(sockets[i].address == outer.sockets[i].address);
        CHECK(sockets[i].fd != outer.sockets[i].fd);
        CHECK(local_address(sockets[i].fd) == outer.sockets[i].address);
    }
}

TEST_CASE("in there a client has its own address, and comes in by the one it came to") {
    if (!has_networks()) return;
    struct Row {
        const char *bound, *peer, *to;
    };
    for (const Row& row :
         {Row{"0.0.0.0", "192.0.2.77", "198.51.100.1"}, Row{"0.0.0.0", "127.0.0.1", "127.0.0.1"},
          Row{"127.0.0.1", "10.255.0.1", "127.0.0.1"}, Row{"::", "2001:db8::77", "2001:db8::1"},
          Row{"::1", "fe80::1", "::1"}}) {
        CAPTURE(row.peer);
        Outer outer;
        const std::uint16_t port = outer.add(row.bound, false).address.port();
        const InnerSockets inner(stream(), outer.sockets);
        SocketAddress peer = at(row.peer, 1023), local = at(row.to, port);
        if (std::string(row.peer) == "fe80::1") peer.v6.sin6_scope_id = 7;
        // Twice from the same port: the first connection is still closing.
        for (const bool whole : {true, false}) {
            UniqueFd client;
            within_network(inner.network(), [&] {
                client.reset(::socket(peer.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
                inner.pose(client.get(), peer, whole);
                const SocketAddress to = inner.entrance(local);
                REQUIRE(::connect(client.get(), to.raw(), to.length) == 0);
            });
            const UniqueFd server(::accept4(inner.fd(0), nullptr, nullptr, SOCK_CLOEXEC));
            REQUIRE(server);
            const SocketAddress seen = peer_address(server.get());
            CHECK(seen.host().starts_with(row.peer));
            if (whole) CHECK(seen.port() == 1023);
            CHECK(local_address(server.get()) == local);
        }
    }
}

TEST_CASE("nothing outside can be reached from in there") {
    if (!has_networks()) return;
    Outer outer, other;
    outer.add("127.0.0.1", true);
    const SocketAddress host = other.add("127.0.0.1", true).address;
    const InnerSockets inner(stream(), outer.sockets);
    within_network(inner.network(), [&] {
        const UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        CHECK(::connect(client.get(), host.raw(), host.length) < 0);
        CHECK(errno == ECONNREFUSED);
    });
}

TEST_CASE("a socket that there is goes on, beside new ones, and over an upgrade") {
    Outer outer;
    outer.add("127.0.0.1", true);
    auto inner = std::make_unique<InnerSockets>(stream(), outer.sockets);
    const auto cookie = [&](std::size_t number) { return socket_cookie(inner->fd(number)); };
    const std::uint64_t first = cookie(0);
    const bool shows_peers = inner->shows_peers();
    outer.add("127.0.0.1", true);
    inner = std::make_unique<InnerSockets>(stream(), outer.sockets, inner.get());
    CHECK(cookie(0) == first);
    const std::uint64_t second = cookie(1);
    CHECK(second != first);

    HandedPassage handed = inner->hand_over();
    // Whoever takes them owns them: here they are still the other's.
    if (handed.network.number >= 0) handed.network.number = ::dup(handed.network.number);
    for (HandedInner& one : handed.sockets) one.socket.number = ::dup(one.socket.number);
    std::swap(outer.sockets[0], outer.sockets[1]);
    const InnerSockets former(handed);
    inner = std::make_unique<InnerSockets>(stream(), outer.sockets, &former);
    CHECK(cookie(0) == second);
    CHECK(cookie(1) == first);
    CHECK(inner->shows_peers() == shows_peers);
}

TEST_CASE("without a network of its own each has a port of the loopback interface") {
    Outer outer;
    const ListeningSocket one = outer.add("127.0.0.1", true), all = outer.add("0.0.0.0", false),
                          six = outer.add("::1", true);
    HandedPassage none;
    SocketOptions options;
    options.type = SOCK_STREAM;
    for (const ListeningSocket& socket : outer.sockets) {
        UniqueFd fd =
            open_listener(at(socket.address.family() == AF_INET ? "127.0.0.1" : "::1", 0), options);
        none.sockets.push_back({.socket = {fd.release()}, .outer = socket_cookie(socket.fd)});
    }
    const InnerSockets former(none);
    const InnerSockets inner(stream(), outer.sockets, &former);
    CHECK_FALSE(inner.shows_peers());
    CHECK(inner.network() == -1);
    const auto sockets = inner.sockets();
    CHECK(inner.entrance(one.address) == sockets[0].address);
    CHECK(inner.entrance(at("127.0.0.9", all.address.port())) == sockets[1].address);
    CHECK(inner.entrance(six.address) == sockets[2].address);
    CHECK(inner.entrance(2, at("::5", 1)) == sockets[2].address);
}

TEST_CASE("on the loopback interface no other host is heard for a peer") {
    HandedPassage none;
    SocketOptions options;
    options.type = SOCK_DGRAM;
    UniqueFd program = open_listener(at("127.0.0.1", 0), options);
    none.sockets.push_back({.socket = {program.release()}, .outer = 1});
    const InnerSockets inner(none);
    REQUIRE_FALSE(inner.shows_peers());
    for (const char* host : {"127.0.0.1", "::1"})
        for (const int type : {SOCK_DGRAM, SOCK_STREAM}) {
            CAPTURE(std::string(host));
            CAPTURE(type);
            const int family = at(host, 1).family();
            const UniqueFd fd(::socket(family, type | SOCK_CLOEXEC, 0));
            CHECK(inner.pose(fd.get(), at("2001:db8::1", 7), true));
            if (type == SOCK_DGRAM) {
                const SocketAddress to = at(host, 9);
                REQUIRE(::sendto(fd.get(), "x", 1, 0, to.raw(), to.length) == 1);
                CHECK(local_address(fd.get()).port() != 0);
            }
            CHECK(local_address(fd.get()).host() == host);
        }
}

TEST_CASE("without a loopback address of IPv6 a socket of both families is reached by IPv4") {
    if (!has_networks()) return;
    const UniqueFd host = make_private_network();
    within_network(host.get(), [] {
        const UniqueFd setting(
            ::open("/proc/sys/net/ipv6/conf/lo/disable_ipv6", O_WRONLY | O_CLOEXEC));
        REQUIRE(::write(setting.get(), "1", 1) == 1);
        SocketOptions options;
        options.type = SOCK_STREAM;
        for (const bool only_v6 : {false, true}) {
            CAPTURE(only_v6);
            options.v6only = only_v6;
            const UniqueFd outer = open_listener(at("::", 0), options);
            HandedPassage none;
            none.sockets.push_back(
                {.socket = {open_listener(at("127.0.0.1", 0), options).release()}, .outer = 1});
            const InnerSockets former(none);
            const std::vector<ListeningSocket> sockets{{.fd = outer.get(),
                                                        .address = local_address(outer.get()),
                                                        .specific = false,
                                                        .host = {}}};
            if (only_v6) {
                CHECK_THROWS_AS(InnerSockets(stream(), sockets, &former), std::system_error);
            } else {
                const InnerSockets inner(stream(), sockets, &former);
                CHECK(inner.sockets()[0].address.host() == "127.0.0.1");
            }
        }
    });
}

TEST_SUITE_END();
