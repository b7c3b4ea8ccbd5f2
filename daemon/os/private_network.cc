// SPDX-License-Identifier: ISC
#include "daemon/os/private_network.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <exception>
#include <string>

#include "daemon/os/system_error.h"
#include "daemon/os/thread.h"

namespace minetd {
namespace {

void raise_loopback() {
    const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq request{};
    std::string("lo").copy(request.ifr_name, sizeof request.ifr_name);
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    if (!socket || ::ioctl(socket.get(), SIOCSIFFLAGS, &request) < 0) throw_errno("loopback");
}

/// All addresses of the family are local. False, with errno.
bool own_all(int family) noexcept {
    struct {
        nlmsghdr header;
        rtmsg route;
        alignas(NLMSG_ALIGNTO) rtattr attribute;
        int interface;
    } request{};
    request.header.nlmsg_len = sizeof request;
    request.header.nlmsg_type = RTM_NEWROUTE;
    request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
    request.route.rtm_family = static_cast<unsigned char>(family);
    request.route.rtm_table = RT_TABLE_LOCAL;
    request.route.rtm_protocol = RTPROT_STATIC;
    request.route.rtm_scope = RT_SCOPE_HOST;
    request.route.rtm_type = RTN_LOCAL;
    request.attribute.rta_len = RTA_LENGTH(sizeof request.interface);
    request.attribute.rta_type = RTA_OIF;
    request.interface = static_cast<int>(::if_nametoindex("lo"));

    const UniqueFd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    if (!socket || ::send(socket.get(), &request, sizeof request, 0) < 0) return false;
    struct {
        nlmsghdr header;
        nlmsgerr answer;
        char rest[512];
    } reply{};
    if (::recv(socket.get(), &reply, sizeof reply, 0) < 0) return false;
    errno = -reply.answer.error;
    return reply.header.nlmsg_type == NLMSG_ERROR && reply.answer.error == 0;
}

/// Ports below 1024 are anybody's here: clients come from them too. Where /proc cannot be written
/// these keep their address, not their port.
void free_all_ports() noexcept {
    const UniqueFd file(
        ::open("/proc/sys/net/ipv4/ip_unprivileged_port_start", O_WRONLY | O_CLOEXEC));
    if (file) (void)!::write(file.get(), "0", 1);
}

/// On a thread that nothing else runs on: the network that it enters is its own.
void on_a_thread(const std::function<void()>& body) {
    std::exception_ptr problem;
    Thread(0, [&] {
        try {
            body();
        } catch (...) {
            problem = std::current_exception();
        }
    }).join();
    if (problem) std::rethrow_exception(problem);
}

}  // namespace

UniqueFd make_private_network() {
    UniqueFd network;
    on_a_thread([&network] {
        if (::unshare(CLONE_NEWNET) < 0) throw_errno("unshare");
        raise_loopback();
        if (!own_all(AF_INET)) throw_errno("local routes");
        // Where the kernel has no IPv6 nobody comes over it either.
        static_cast<void>(own_all(AF_INET6));
        free_all_ports();
        network.reset(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
        if (!network) throw_errno("/proc/thread-self/ns/net");
    });
    return network;
}

void within_network(int network, const std::function<void()>& body) {
    on_a_thread([&] {
        if (::setns(network, CLONE_NEWNET) < 0) throw_errno("setns");
        body();
    });
}

}  // namespace minetd
