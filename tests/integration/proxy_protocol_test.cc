// SPDX-License-Identifier: ISC
// What a destination is told before the client's first byte: HAProxy's PROXY protocol.
#include <doctest/doctest.h>
#include <sys/socket.h>

#include <string>

#include "daemon/os/socket_address.h"
#include "tests/integration/client.h"
#include "tests/integration/daemon_under_test.h"
#include "tests/integration/forwarding.h"

using namespace minetd;

namespace {

std::uint16_t own_port(const Client& client) {
    SocketAddress address;
    address.length = SocketAddress::capacity;
    ::getsockname(client.fd(), address.raw(), &address.length);
    return address.port();
}

}  // namespace

TEST_SUITE_BEGIN("redirect");

TEST_CASE("the destination is told who the client is, and where the connection comes from") {
    DaemonUnderTest daemon(
        forwarding("proxy_protocol = v1\nredirect_source = 127.0.0.9\n", "{other}"));
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
    DaemonUnderTest daemon(forwarding("proxy_protocol = v2\n", "{other}"));
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
        for (const char* mpm : forwarding_mpms)
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

TEST_SUITE_END();
