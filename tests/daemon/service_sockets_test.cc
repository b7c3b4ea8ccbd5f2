// SPDX-License-Identifier: ISC
#include "daemon/service_sockets.h"

#include <doctest/doctest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <vector>

#include "daemon/os/socket.h"

using namespace minetd;

namespace {

std::shared_ptr<ServiceSpec> tcp(std::vector<std::string> hosts, Family family = Family::any) {
    auto spec = std::make_shared<ServiceSpec>();
    spec->id = spec->name = "test";
    spec->bind = std::move(hosts);
    spec->family = family;
    return spec;
}

/// A port that is free on every address now, because it was just given to us on one.
std::uint16_t free_port() {
    SocketOptions options;
    options.type = SOCK_STREAM;
    const UniqueFd probe = open_listener(resolve("::", 0, AF_INET6).front(), options);
    return local_address(probe.get()).port();
}

/// For this process, from now on, the kernel is one without IPv6.
bool lose_ipv6() {
    sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[0])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAFNOSUPPORT),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const sock_fprog filter{.len = std::size(program), .filter = program};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

Inheritance nothing;

}  // namespace

TEST_SUITE("daemon") {
    TEST_CASE("one socket for each address and family") {
        const struct {
            const char* name;
            std::vector<std::string> bind;
            Family family;
            std::vector<std::string> hosts;
        } rows[] = {
            {"tcp", {}, Family::any, {"0.0.0.0", "::"}},
            {"tcp4", {}, Family::v4, {"0.0.0.0"}},
            {"tcp6", {}, Family::v6, {"::"}},
            {"tcp46", {}, Family::dual, {"::"}},
            {"a list",
             {"127.0.0.1", "127.0.0.2", "::1"},
             Family::any,
             {"127.0.0.1", "127.0.0.2", "::1"}},
        };
        for (const auto& row : rows) {
            CAPTURE(row.name);
            EventLoop loop;
            const auto spec = tcp(row.bind, row.family);
            spec->port = free_port();
            std::vector<std::string> problems;
            const ServiceSockets sockets(
                loop, spec, [&](Level, const std::string& text) { problems.push_back(text); },
                [] {}, nothing);
            CHECK(problems.empty());
            CHECK(sockets.missing() == 0);
            std::vector<std::string> hosts;
            for (const ListeningSocket& socket : sockets.sockets()) {
                hosts.push_back(socket.address.host());
                CHECK(socket.address.port() == spec->port);
                CHECK(socket.specific == !row.bind.empty());
            }
            std::sort(hosts.begin(), hosts.end());
            CHECK(hosts == row.hosts);
        }
    }

    TEST_CASE("without IPv6 the socket for both is one for IPv4") {
        const auto spec = tcp({}, Family::dual);
        spec->port = free_port();
        const pid_t child = ::fork();
        if (child == 0) {
            if (!lose_ipv6()) ::_exit(2);
            EventLoop loop;
            bool problem = false;
            const ServiceSockets sockets(
                loop, spec, [&](Level, const std::string&) { problem = true; }, [] {}, nothing);
            const auto open = sockets.sockets();
            ::_exit(!problem && sockets.missing() == 0 && open.size() == 1 &&
                            open[0].address.host() == "0.0.0.0"
                        ? 0
                        : 1);
        }
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        CHECK(WIFEXITED(status));
        CHECK(WEXITSTATUS(status) == 0);
    }

    TEST_CASE("what cannot be bound is said once, tried again, and served when it is free") {
        EventLoop loop;
        const auto spec = tcp({"127.0.0.1", "127.0.0.2"});
        spec->port = free_port();
        SocketOptions options;
        options.type = SOCK_STREAM;
        UniqueFd obstacle =
            open_listener(resolve("127.0.0.2", spec->port, AF_INET).front(), options);
        std::vector<std::string> messages;
        int opened = 0;
        ServiceSockets sockets(
            loop, spec, [&](Level, const std::string& text) { messages.push_back(text); },
            [&] {
                ++opened;
                loop.stop();
            },
            nothing);
        CHECK(sockets.sockets().size() == 1);
        CHECK(sockets.missing() == 1);
        REQUIRE(messages.size() == 1);
        CHECK(messages[0].find("127.0.0.2") != std::string::npos);
        CHECK(messages[0].find("in use") != std::string::npos);
        obstacle.reset();
        loop.run();
        CHECK(opened == 1);
        CHECK(sockets.sockets().size() == 2);
        CHECK(sockets.missing() == 0);
    }

    TEST_CASE("a unix socket's path goes with the socket, unless it is another's by now") {
        char directory[] = "/tmp/minetd-sock-XXXXXX";
        REQUIRE(::mkdtemp(directory) != nullptr);
        const auto spec = tcp({}, Family::unix_domain);
        spec->protocol = "unix";
        spec->path = std::string(directory) + "/socket";
        spec->socket_mode = 0600;
        EventLoop loop;
        const auto fail = [](Level, const std::string& text) { FAIL(text); };
        struct stat status {};
        {
            const ServiceSockets sockets(
                loop, spec, fail, [] {}, nothing);
            REQUIRE(::lstat(spec->path.c_str(), &status) == 0);
            CHECK((status.st_mode & 07777) == 0600);
        }
        CHECK(::lstat(spec->path.c_str(), &status) < 0);
        {
            const ServiceSockets sockets(
                loop, spec, fail, [] {}, nothing);
            ::unlink(spec->path.c_str());
            SocketOptions options;
            options.type = SOCK_STREAM;
            const UniqueFd other = open_listener(unix_address(spec->path), options);
        }
        CHECK(::lstat(spec->path.c_str(), &status) == 0);
        ::unlink(spec->path.c_str());
        ::rmdir(directory);
    }

    TEST_CASE("at a service's end and at the daemon's: who waits is known, and nobody joins them") {
        using End = ServiceSockets::End;
        for (const End end : {End::of_service, End::of_daemon}) {
            EventLoop loop;
            const auto spec = tcp({"127.0.0.1"});
            spec->port = free_port();
            const auto fail = [](Level, const std::string& text) { FAIL(text); };
            ServiceSockets sockets(
                loop, spec, fail, [] {}, nothing);
            const int listener = sockets.sockets().at(0).fd;
            const SocketAddress address = sockets.sockets().at(0).address;
            const UniqueFd early(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
            REQUIRE(::connect(early.get(), address.raw(), address.length) == 0);
            CHECK_FALSE(sockets.are_awaited());  // it does not end
            sockets.close_to_new(end);
            CHECK(sockets.are_awaited());
            const UniqueFd late(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
            CHECK(::connect(late.get(), address.raw(), address.length) < 0);
            CHECK(errno == EINPROGRESS);
            const UniqueFd accepted(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
            CHECK_FALSE(sockets.are_awaited());
            sockets.close();
            CHECK(sockets.sockets().empty());
            const UniqueFd after(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
            CHECK(::connect(after.get(), address.raw(), address.length) < 0);
            CHECK(errno == ECONNREFUSED);
        }
    }
}
