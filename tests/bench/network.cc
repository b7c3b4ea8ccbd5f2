// SPDX-License-Identifier: ISC

#include "tests/bench/network.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "daemon/os/unique_fd.h"

namespace minetd::bench {

namespace {

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

void ask_for_listeners(int netlink, std::uint8_t family) {
    struct {
        nlmsghdr header;
        inet_diag_req_v2 request;
    } message{};
    message.header.nlmsg_len = sizeof message;
    message.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    message.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    message.request.sdiag_family = family;
    message.request.sdiag_protocol = IPPROTO_TCP;
    message.request.idiag_states = 1U << TCP_LISTEN;
    if (send(netlink, &message, sizeof message, 0) < 0) fail("sock_diag request");
}

// Collects one dump; the kernel ends it with NLMSG_DONE.
void collect(int netlink, std::vector<std::uint16_t>& ports) {
    alignas(nlmsghdr) std::array<char, 32768> buffer;
    for (;;) {
        const ssize_t got = recv(netlink, buffer.data(), buffer.size(), 0);
        if (got <= 0) fail("sock_diag answer");
        auto left = static_cast<unsigned>(got);
        for (auto* header = reinterpret_cast<nlmsghdr*>(buffer.data()); NLMSG_OK(header, left);
             header = NLMSG_NEXT(header, left)) {
            if (header->nlmsg_type == NLMSG_DONE) return;
            if (header->nlmsg_type == NLMSG_ERROR) {
                nlmsgerr error;
                std::memcpy(&error, NLMSG_DATA(header), sizeof error);
                errno = -error.error;
                fail("sock_diag");
            }
            inet_diag_msg socket;
            std::memcpy(&socket, NLMSG_DATA(header), sizeof socket);
            ports.push_back(ntohs(socket.id.idiag_sport));
        }
    }
}

}  // namespace

bool enter_own_network() {
    if (unshare(CLONE_NEWNET) != 0) return false;
    const UniqueFd any_socket(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq loopback{};
    std::strcpy(loopback.ifr_name, "lo");
    if (ioctl(any_socket.get(), SIOCGIFFLAGS, &loopback) != 0) fail("lo: SIOCGIFFLAGS");
    loopback.ifr_flags |= IFF_UP;
    if (ioctl(any_socket.get(), SIOCSIFFLAGS, &loopback) != 0) fail("lo: SIOCSIFFLAGS");
    return true;
}

std::vector<std::uint16_t> listening_ports() {
    const UniqueFd netlink(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
    if (!netlink) fail("netlink socket");
    std::vector<std::uint16_t> ports;
    for (const std::uint8_t family : {AF_INET, AF_INET6}) {
        ask_for_listeners(netlink.get(), family);
        collect(netlink.get(), ports);
    }
    return ports;
}

}  // namespace minetd::bench
