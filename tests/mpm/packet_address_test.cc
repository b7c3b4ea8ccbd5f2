// SPDX-License-Identifier: ISC
#include "mpm/packet_address.h"

#include <doctest/doctest.h>
#include <netinet/in.h>

#include <cstring>
#include <string>

#include "daemon/os/socket.h"

using namespace minetd;

namespace {

SocketAddress address(const char* host) {
    return resolve(host, 7000, AF_UNSPEC).at(0);
}

/// A message as it was received, with what it tells of where it came to.
class Received {
  public:
    template <class Info>
    void tell(int level, int type, const Info& info) {
        header.msg_control = room;
        header.msg_controllen = CMSG_SPACE(sizeof info);
        cmsghdr* const item = CMSG_FIRSTHDR(&header);
        item->cmsg_level = level;
        item->cmsg_type = type;
        item->cmsg_len = CMSG_LEN(sizeof info);
        std::memcpy(CMSG_DATA(item), &info, sizeof info);
    }
    msghdr header{};

  private:
    alignas(cmsghdr) char room[packet_address_room] = {};
};

}  // namespace

TEST_SUITE_BEGIN("mpm");

TEST_CASE("where an IPv4 datagram came to, and so its answer comes from") {
    const struct {
        const char *bound, *header, *own, *local;
    } cases[] = {
        {"0.0.0.0", "192.0.2.1", "192.0.2.1", "192.0.2.1:7000"},
        {"192.0.2.9", "192.0.2.9", "192.0.2.9", "192.0.2.9:7000"},
        // To all, or to a group: the address of ours is the other one.
        {"0.0.0.0", "192.0.2.255", "192.0.2.1", "192.0.2.1:7000"},
        {"0.0.0.0", "255.255.255.255", "192.0.2.1", "192.0.2.1:7000"},
        {"0.0.0.0", "224.0.0.5", "224.0.0.5", "0.0.0.0:7000"},
        // It was there before anybody asked where it came to.
        {"0.0.0.0", "192.0.2.1", "0.0.0.0", "192.0.2.1:7000"},
        {"192.0.2.9", "192.0.2.9", "0.0.0.0", "192.0.2.9:7000"},
        {"192.0.2.9", "255.255.255.255", "0.0.0.0", "192.0.2.9:7000"},
        {"192.0.2.9", "0.0.0.0", "0.0.0.0", "192.0.2.9:7000"},
    };
    for (const auto& row : cases) {
        CAPTURE(row.header);
        Received message;
        in_pktinfo info{};
        info.ipi_addr = address(row.header).v4.sin_addr;
        info.ipi_spec_dst = address(row.own).v4.sin_addr;
        message.tell(SOL_IP, IP_PKTINFO, info);
        CHECK(local_address_of(message.header, address(row.bound)).str() == row.local);
    }
}

TEST_CASE("where an IPv6 datagram came to, and so its answer comes from") {
    const struct {
        const char *bound, *header, *local;
        std::uint32_t scope;
    } cases[] = {
        {"::", "2001:db8::1", "[2001:db8::1]:7000", 0},
        {"2001:db8::9", "2001:db8::9", "[2001:db8::9]:7000", 0},
        {"::", "::ffff:192.0.2.1", "[::ffff:192.0.2.1]:7000", 0},
        {"::", "ff02::1", "[::]:7000", 0},
        {"::", "::ffff:224.0.0.5", "[::]:7000", 0},
        {"::", "::ffff:255.255.255.255", "[::]:7000", 0},
        {"::", "fe80::1", "[fe80::1%1]:7000", 1},
    };
    for (const auto& row : cases) {
        CAPTURE(row.header);
        Received message;
        in6_pktinfo info{};
        info.ipi6_addr = address(row.header).v6.sin6_addr;
        info.ipi6_ifindex = 1;
        message.tell(SOL_IPV6, IPV6_PKTINFO, info);
        const SocketAddress local = local_address_of(message.header, address(row.bound));
        CHECK(local.str() == row.local);
        CHECK(local.v6.sin6_scope_id == row.scope);
    }
}

TEST_CASE("a datagram that does not tell came to where its socket is bound") {
    Received message;
    CHECK(local_address_of(message.header, address("192.0.2.9")).str() == "192.0.2.9:7000");
    // One of the other family is not believed.
    message.tell(SOL_IP, IP_PKTINFO, in_pktinfo{});
    CHECK(local_address_of(message.header, address("2001:db8::9")).str() == "[2001:db8::9]:7000");
    message.tell(SOL_IPV6, IPV6_PKTINFO, in6_pktinfo{});
    CHECK(local_address_of(message.header, address("192.0.2.9")).str() == "192.0.2.9:7000");
}

TEST_CASE("the address that an answer is sent from arrives with it") {
    for (const char* host : {"127.0.0.1", "127.0.0.7", "::1", "0.0.0.0", "::"}) {
        CAPTURE(std::string(host));
        const SocketAddress local = address(host);
        SocketOptions options;
        options.type = SOCK_DGRAM;
        SocketAddress any =
            resolve(local.family() == AF_INET ? "0.0.0.0" : "::", 0, local.family()).at(0);
        const UniqueFd sender = open_listener(any, options);
        const UniqueFd receiver = open_listener(
            resolve(local.family() == AF_INET ? "127.0.0.1" : "::1", 0, local.family()).at(0),
            options);
        SocketAddress to = local_address(receiver.get());
        char word[] = "x";
        iovec part{.iov_base = word, .iov_len = 1};
        alignas(cmsghdr) char room[packet_address_room];
        msghdr message{};
        message.msg_name = to.raw();
        message.msg_namelen = to.length;
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = room;
        send_from(message, local);
        REQUIRE(::sendmsg(sender.get(), &message, 0) == 1);
        SocketAddress from;
        from.length = SocketAddress::capacity;
        REQUIRE(::recvfrom(receiver.get(), word, 1, 0, from.raw(), &from.length) == 1);
        const bool chosen = std::string(host) != "0.0.0.0" && std::string(host) != "::";
        CHECK(from.host() == (chosen ? host : to.host()));
    }
}

TEST_SUITE_END();
