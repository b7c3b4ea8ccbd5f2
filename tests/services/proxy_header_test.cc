// SPDX-License-Identifier: ISC
#include "services/proxy_header.h"

#include <doctest/doctest.h>

#include "daemon/os/socket.h"

using namespace minetd;

namespace {

SocketAddress at(const char* host, std::uint16_t port) {
    return resolve(host, port, AF_UNSPEC).at(0);
}

/// Bytes written as the specification writes them.
std::string hex(const std::string& digits) {
    std::string out;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
        out += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
    return out;
}

const std::string signature = "0d0a0d0a000d0a515549540a";

}  // namespace

TEST_SUITE("services") {
    TEST_CASE("proxy header: byte by byte, as HAProxy's specification has it") {
        const SocketAddress local_socket = unix_address("/run/x");
        const struct {
            const char* what;
            SocketAddress peer, local;
            std::string v1, v2;
        } rows[] = {
            {"IPv4", at("192.0.2.1", 56324), at("198.51.100.7", 443),
             "PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n",
             hex(signature + "2111000c" + "c0000201" + "c6336407" + "dc04" + "01bb")},
            {"IPv6", at("2001:db8::1", 1), at("::1", 65535),
             "PROXY TCP6 2001:db8::1 ::1 1 65535\r\n",
             hex(signature + "21210024" + "20010db8000000000000000000000001" +
                 "00000000000000000000000000000001" + "0001" + "ffff")},
            {"mapped IPv4 is IPv4", at("::ffff:192.0.2.1", 256), at("::ffff:192.0.2.2", 255),
             "PROXY TCP4 192.0.2.1 192.0.2.2 256 255\r\n",
             hex(signature + "2111000c" + "c0000201" + "c0000202" + "0100" + "00ff")},
            {"the longest", at("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535),
             at("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe", 65535),
             "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
             "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe 65535 65535\r\n",
             hex(signature + "21210024" + std::string(32, 'f') + std::string(31, 'f') + "e" +
                 "ffffffff")},
            {"a unix peer", {}, local_socket, "PROXY UNKNOWN\r\n", hex(signature + "20000000")},
            {"one end unknown",
             at("192.0.2.1", 1),
             {},
             "PROXY UNKNOWN\r\n",
             hex(signature + "20000000")},
            {"ends of two kinds", at("192.0.2.1", 1), at("::1", 1), "PROXY UNKNOWN\r\n",
             hex(signature + "20000000")},
        };
        for (const auto& row : rows) {
            CAPTURE(row.what);
            CHECK(proxy_header(ProxyProtocol::v1, row.peer, row.local) == row.v1);
            CHECK(row.v1.size() <= 107);
            CHECK(proxy_header(ProxyProtocol::v2, row.peer, row.local) == row.v2);
            CHECK(proxy_header(ProxyProtocol::no, row.peer, row.local).empty());
        }
    }

    TEST_CASE("proxy header: an interface is no part of the address") {
        SocketAddress peer = at("fe80::1", 7);
        peer.v6.sin6_scope_id = 1;
        CHECK(proxy_header(ProxyProtocol::v1, peer, at("::1", 8)) ==
              "PROXY TCP6 fe80::1 ::1 7 8\r\n");
    }
}
