// SPDX-License-Identifier: ISC
#include "tests/integration/own_network.h"

#include <doctest/doctest.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <filesystem>
#include <system_error>
#include <thread>

#include "tests/integration/daemon_under_test.h"

namespace minetd {
namespace {

namespace fs = std::filesystem;

/// What looking up users, services and the time needs.
constexpr const char* kept[] = {"passwd",      "group",     "services",     "protocols",
                                "ld.so.cache", "localtime", "nsswitch.conf"};

void require(int result, const char* what) {
    if (result != 0) throw std::system_error(errno, std::generic_category(), what);
}

void raise_loopback() {
    const UniqueFd any(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq request{};
    std::string("lo").copy(request.ifr_name, sizeof request.ifr_name);
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    require(::ioctl(any.get(), SIOCSIFFLAGS, &request), "lo");
}

void enter(const std::string& etc, const std::map<std::string, std::string>& files) {
    require(::unshare(CLONE_NEWNET | CLONE_NEWNS), "unshare");
    require(::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "mount /");
    raise_loopback();
    for (const char* name : kept)
        if (fs::exists(fs::path("/etc") / name))
            fs::copy_file(fs::path("/etc") / name, fs::path(etc) / name);
    for (const auto& [name, text] : files) write_file(etc + "/" + name, text);
    require(::mount(etc.c_str(), "/etc", nullptr, MS_BIND, nullptr), "mount /etc");
}

}  // namespace

bool in_own_network(const std::map<std::string, std::string>& etc,
                    const std::function<void()>& body) {
    if (::geteuid() != 0) {
        MESSAGE("skipped: a network of its own needs root");
        return false;
    }
    const TemporaryDirectory directory;
    std::exception_ptr problem;
    std::thread([&] {
        try {
            enter(directory.path(), etc);
            body();
        } catch (...) {
            problem = std::current_exception();
        }
    }).join();
    if (problem) std::rethrow_exception(problem);
    return true;
}

void write_etc(const std::string& name, const std::string& text) {
    write_file("/etc/" + name, text);
}

}  // namespace minetd
