// SPDX-License-Identifier: ISC
#include "daemon/inheritance.h"

#include <doctest/doctest.h>
#include <fcntl.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "daemon/os/socket.h"

using namespace minetd;

namespace {

std::shared_ptr<ServiceSpec> service(const char* name, std::uint16_t port,
                                     Family family = Family::v4) {
    auto spec = std::make_shared<ServiceSpec>();
    spec->id = spec->name = name;
    spec->port = port;
    spec->family = family;
    spec->protocol_number = IPPROTO_TCP;
    return spec;
}

InheritedSocket listener(const std::string& host, const std::string& name, std::uint16_t port = 0) {
    SocketOptions options;
    options.type = SOCK_STREAM;
    options.v6only = true;
    options.reuse_port = true;
    auto socket =
        inspect_socket(open_listener(resolve(host, port, AF_UNSPEC).front(), options), name);
    REQUIRE(socket);
    return std::move(*socket);
}

Inheritance inherited(std::vector<InheritedSocket>& sockets) {
    return Inheritance(std::move(sockets));
}

}  // namespace

TEST_SUITE("inheritance") {
    TEST_CASE("what the environment says") {
        constexpr pid_t self = 77;
        const std::vector<std::string> none;
        const struct {
            ListenVariables said;
            std::vector<std::string> names;
            const char* problem;  // part of it; null: none
        } rows[] = {
            {{}, none, nullptr},
            {{.pid = "77"}, none, nullptr},
            {{.fds = "2"}, none, nullptr},
            {{.pid = "77", .fds = "0"}, none, nullptr},
            {{.pid = "77", .fds = "2"}, {"unknown", "unknown"}, nullptr},
            {{.pid = "77", .fds = "2", .names = "a:b"}, {"a", "b"}, nullptr},
            {{.pid = "77", .fds = "2", .names = ":b"}, {"", "b"}, nullptr},
            {{.pid = "77", .fds = "1", .names = ""}, {"unknown"}, nullptr},
            {{.pid = "78", .fds = "1"}, none, nullptr},
            {{.pid = "77", .fds = "1", .pidfd_id = "5"}, {"unknown"}, nullptr},
            {{.pid = "77", .fds = "1", .pidfd_id = "6"}, none, nullptr},
            {{.pid = "77x", .fds = "1"}, none, "LISTEN_PID is `77x'"},
            {{.pid = "-77", .fds = "1"}, none, "LISTEN_PID is `-77'"},
            {{.pid = "", .fds = "1"}, none, "LISTEN_PID is `'"},
            {{.pid = "0", .fds = "1"}, none, "LISTEN_PID is 0"},
            {{.pid = "77", .fds = "-1"}, none, "LISTEN_FDS is `-1'"},
            {{.pid = "77", .fds = "many"}, none, "LISTEN_FDS is `many'"},
            {{.pid = "77", .fds = "99999999999999999999"}, none, "LISTEN_FDS is `9999"},
            {{.pid = "77", .fds = "4000000000"}, none, "more than"},
            {{.pid = "77", .fds = "2", .names = "a"}, none, "has 1 names"},
            {{.pid = "77", .fds = "0", .names = "a"}, none, "has 1 names"},
            {{.pid = "77", .fds = "1", .pidfd_id = "q"}, none, "LISTEN_PIDFDID is `q'"},
        };
        for (const auto& row : rows) {
            CAPTURE(std::string(row.said.pid != nullptr ? row.said.pid : "-"));
            CAPTURE(std::string(row.said.fds != nullptr ? row.said.fds : "-"));
            std::string problem;
            std::vector<std::string> names;
            try {
                names = listen_names(row.said, self, 5);
            } catch (const std::invalid_argument& error) {
                problem = error.what();
            }
            CHECK(names == row.names);
            if (row.problem == nullptr)
                CHECK(problem.empty());
            else
                CHECK(problem.find(row.problem) != std::string::npos);
        }
    }

    TEST_CASE("names that a manager takes") {
        CHECK(stored_name("echo/tcp", 0) == "echo/tcp#0");
        CHECK(stored_name("[::1]:echo/tcp", 12) == "[;;1];echo/tcp#12");
        CHECK(stored_name(std::string(400, 'x'), 99).size() <= 255);
    }

    TEST_CASE("by name first: key, id, name; then by address; never of the wrong kind") {
        const auto echo = service("echo", 7), time = service("time", 37);
        const auto six = service("echo6", 7, Family::v6);
        const auto datagrams = service("echo", 7);
        datagrams->socket_type = SocketType::dgram;
        datagrams->protocol = "udp";
        datagrams->protocol_number = IPPROTO_UDP;
        const std::vector<std::shared_ptr<const ServiceSpec>> services{time, datagrams, six, echo};
        const struct {
            const char *host, *name;
            const ServiceSpec* owner;  // null: nobody's by name
        } rows[] = {
            {"127.0.0.1", "echo", echo.get()}, {"127.0.0.1", "time", time.get()},
            {"127.0.0.1", "unknown", nullptr}, {"127.0.0.1", "", nullptr},
            {"127.0.0.1", "echo6", nullptr},   {"::1", "echo6", six.get()},
            {"::1", "time", nullptr},          {"127.0.0.1", "Echo", nullptr},
        };
        for (const auto& row : rows) {
            CAPTURE(std::string(row.name));
            CAPTURE(std::string(row.host));
            std::vector<InheritedSocket> sockets;
            sockets.push_back(listener(row.host, row.name));
            Inheritance inheritance = inherited(sockets);
            inheritance.assign(services);
            for (const auto& spec : services)
                CHECK(inheritance.named_for(*spec).size() == (spec.get() == row.owner ? 1 : 0));
        }
    }

    TEST_CASE("a key is the better name") {
        const auto first = service("web", 80), second = service("web", 80);
        second->bind = {"127.0.0.2"};
        std::vector<InheritedSocket> sockets;
        std::string name = stored_prefix(second->key());
        name.pop_back();
        sockets.push_back(listener("127.0.0.1", name));
        Inheritance inheritance = inherited(sockets);
        const std::vector<std::shared_ptr<const ServiceSpec>> services{first, second};
        inheritance.assign(services);
        CHECK(inheritance.named_for(*first).empty());
        CHECK(inheritance.named_for(*second).size() == 1);
    }

    TEST_CASE("by address: all of them, and of our own only what is as it should be") {
        std::vector<InheritedSocket> sockets;
        sockets.push_back(listener("127.0.0.1", "whatever"));
        const SocketAddress place = sockets[0].address;
        sockets.push_back(listener("127.0.0.1", "web/tcp#1", place.port()));
        sockets.push_back(listener("127.0.0.1", "time", place.port()));
        Inheritance inheritance = inherited(sockets);
        const auto web = service("web", place.port()), time = service("time", 37);
        const std::vector<std::shared_ptr<const ServiceSpec>> services{web, time};
        inheritance.assign(services);
        CHECK(inheritance.bound_to(resolve("127.0.0.2", place.port(), AF_INET)[0], *web).empty());
        auto taken = inheritance.bound_to(place, *web);
        CHECK(taken.size() == 2);
        CHECK(inheritance.left().size() == 1);  // it is another's by name
        for (InheritedSocket& socket : taken) inheritance.give_back(std::move(socket));
        inheritance.assign(services);
        CHECK(inheritance.forget_ours().size() == 1);
        CHECK(inheritance.bound_to(place, *web).size() == 1);
    }

    TEST_CASE("a port that the kernel chose is known by the service's name") {
        std::vector<InheritedSocket> sockets;
        const auto any = service("any", 0);
        sockets.push_back(listener("127.0.0.1", stored_name(any->key(), 0)));
        sockets.push_back(listener("127.0.0.1", "other/tcp#0"));
        sockets.push_back(listener("127.0.0.1", "unknown"));
        Inheritance inheritance = inherited(sockets);
        const std::vector<std::shared_ptr<const ServiceSpec>> services{any};
        inheritance.assign(services);
        CHECK(inheritance.bound_to(resolve("127.0.0.1", 0, AF_INET)[0], *any).size() == 1);
        CHECK(inheritance.left().size() == 2);
    }

    TEST_CASE("what is no socket is told from what is") {
        int ends[2];
        REQUIRE(::pipe(ends) == 0);
        const UniqueFd writer(ends[1]);
        CHECK_FALSE(inspect_socket(UniqueFd(ends[0]), "pipe"));
        const InheritedSocket socket = listener("127.0.0.1", "name");
        CHECK(socket.accepts);
        CHECK(socket.type == SOCK_STREAM);
        CHECK(socket.protocol == IPPROTO_TCP);
        CHECK_FALSE(socket.ours);
    }

    TEST_CASE("sockets of a former image go to the service that had them, and no other") {
        const auto copy = [](const InheritedSocket& socket) {
            return HandedFd{::fcntl(socket.fd.get(), F_DUPFD_CLOEXEC, 3)};
        };
        const InheritedSocket first = listener("127.0.0.1", ""), second = listener("127.0.0.1", ""),
                              third = listener("127.0.0.1", "");
        std::vector<HandedSocket> handed(3);
        const auto one = service("one", first.address.port()),
                   two = service("two", second.address.port()),
                   three = service("three", third.address.port());
        handed[0] = {.fd = copy(first),
                     .key = "one/of-old/tcp",
                     .name = "one/tcp#4",
                     .host = "localhost",
                     .ours = true,
                     .inode = 7,
                     .device = 8};
        handed[1] = {
            .fd = copy(second), .key = two->key(), .name = "web", .host = {}, .named = true};
        handed[2] = {.fd = copy(third), .key = {}, .name = "three", .host = {}};
        Inheritance inheritance;
        inheritance.take_over(handed);
        for (const HandedSocket& socket : handed) CHECK(socket.fd.number == -1);
        inheritance.rename_handed("one/of-old/tcp", one->key());
        const std::vector<std::shared_ptr<const ServiceSpec>> services{one, two, three};
        inheritance.assign(services);
        // Whoever is bound there waits until nobody has a right to it.
        CHECK(inheritance.bound_to(first.address, *one).empty());
        const auto ours = inheritance.named_for(*one);
        REQUIRE(ours.size() == 1);
        CHECK(ours[0].handed);
        CHECK(ours[0].ours);
        CHECK(ours[0].host == "localhost");
        CHECK(ours[0].inode == 7);
        CHECK(ours[0].device == 8);
        CHECK(ours[0].name == "one/tcp#4");
        CHECK_FALSE(ours[0].named);
        // The service of this one could not be taken over.
        inheritance.release_handed();
        CHECK(inheritance.named_for(*two).empty());
        CHECK(inheritance.bound_to(second.address, *two).size() == 1);
        // This one's owner named it, and nobody had it.
        const auto left = inheritance.hand_over();
        REQUIRE(left.size() == 1);
        CHECK(left[0].name == "three");
        CHECK(left[0].key.empty());
        CHECK(inheritance.named_for(*three).size() == 1);
    }
}
