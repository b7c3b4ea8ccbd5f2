// SPDX-License-Identifier: ISC
#include "tests/peers/seclusion.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "daemon/os/unique_fd.h"
#include "tests/integration/daemon_under_test.h"

namespace minetd {
namespace {

struct In6Request {  // linux/ipv6.h and netinet/in.h exclude each other
    in6_addr address;
    std::uint32_t prefix;
    int interface;
};

void control(int fd, unsigned long request, void* argument, const char* what) {
    if (ioctl(fd, request, argument) != 0)
        throw std::system_error(errno, std::generic_category(), what);
}

void set_v4(int fd, const char* name, unsigned long request, const char* address) {
    ifreq wanted{};
    std::strcpy(wanted.ifr_name, name);
    auto& in = reinterpret_cast<sockaddr_in&>(wanted.ifr_addr);
    in.sin_family = AF_INET;
    inet_pton(AF_INET, address, &in.sin_addr);
    control(fd, request, &wanted, address);
}

}  // namespace

bool enter_own_network() {
    if (unshare(CLONE_NEWNET) != 0) return false;
    const UniqueFd fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq request{};
    std::strcpy(request.ifr_name, "lo");
    request.ifr_flags = IFF_UP;
    return ioctl(fd.get(), SIOCSIFFLAGS, &request) == 0;
}

void add_addresses() {
    const UniqueFd v4(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    constexpr struct {
        const char *name, *address, *mask;
    } networks[] = {{"lo:1", "10.0.0.1", "255.0.0.0"},
                    {"lo:2", "192.0.2.1", "255.255.255.0"},
                    {"lo:3", "198.51.100.1", "255.255.255.0"}};
    for (const auto& network : networks) {
        set_v4(v4.get(), network.name, SIOCSIFADDR, network.address);
        set_v4(v4.get(), network.name, SIOCSIFNETMASK, network.mask);
    }
    const UniqueFd v6(socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    for (const char* address : {"2001:db8::7", "2001:db8::8", "2001:db8:1::7"}) {
        In6Request request{{}, 128, static_cast<int>(if_nametoindex("lo"))};
        inet_pton(AF_INET6, address, &request.address);
        control(v6.get(), SIOCSIFADDR, &request, address);
    }
}

bool enter_own_etc(const std::string& directory, const std::map<std::string, std::string>& files) {
    if (unshare(CLONE_NEWNS) != 0) return false;
    if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
    std::filesystem::create_directories(directory);
    for (const char* name : {"passwd", "group", "services", "protocols", "rpc", "ld.so.cache"}) {
        const std::filesystem::path from = std::filesystem::path("/etc") / name;
        if (std::filesystem::exists(from)) std::filesystem::copy_file(from, directory + "/" + name);
    }
    for (const auto& [name, text] : files) {
        const std::string file = directory + "/" + name;
        const std::string present = std::filesystem::exists(file) ? read_file(file) : std::string();
        write_file(file, present + text);
    }
    return mount(directory.c_str(), "/etc", nullptr, MS_BIND, nullptr) == 0;
}

}  // namespace minetd
