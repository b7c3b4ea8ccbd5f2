// SPDX-License-Identifier: ISC
// Sockets that were open before the daemon: of somebody else, and its own from the store of a
// service manager, over ends of every kind. The test is that manager.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include <csignal>
#include <string>
#include <vector>

#include "daemon/os/socket.h"
#include "daemon/os/systemd.h"
#include "tests/integration/client.h"
#include "tests/integration/daemon_under_test.h"
#include "tests/integration/fd_store.h"
#include "tests/integration/lacks.h"

using namespace minetd;

namespace {

UniqueFd listener(int type = SOCK_STREAM) {
    SocketOptions options;
    options.type = type;
    return open_listener(resolve("127.0.0.1", 0, AF_INET).front(), options);
}

std::string port_of(const UniqueFd& fd) {
    return std::to_string(local_address(fd.get()).port());
}

}  // namespace

TEST_SUITE_BEGIN("inheritance");

TEST_CASE("sockets of another: by name, by address; they outlive us, and what waits is served") {
    const UniqueFd named = listener(), bound = listener(), stray = listener();
    const std::vector<PassedSocket> passed{
        {"echo-service", named.get()}, {"unknown", bound.get()}, {"stray", stray.get()}};
    const std::string free = port_of(listener());
    const std::string configuration = "127.0.0.1:" + free +
                                      " stream tcp4 nowait {user} internal echo\n" +
                                      "127.0.0.1:" + port_of(bound) +
                                      " stream tcp4 prefork {user} internal echo\n"
                                      "[echo-service]\nport = 1\nprotocol = tcp4\nserve = worker\n"
                                      "user = {user}\nbuiltin = echo\nbind = 127.0.0.1\n";
    for (int life = 0; life < 3; ++life) {
        CAPTURE(life);
        Client early_named(local_address(named.get())), early_bound(local_address(bound.get()));
        DaemonUnderTest daemon(configuration, {.passed = passed});
        CHECK(daemon.lines_with("(`stray') is for no service") == 1);
        CHECK(daemon.lines_with("is for no service") == 1);
        CHECK(daemon.lines_with("none of the inherited sockets is for it") == 1);
        for (Client* client : {&early_named, &early_bound})
            CHECK(client->ask("hello\n") == "hello\n");
        if (life == 1) {
            daemon.signal(SIGKILL);
            daemon.await_exit();
        } else {
            CHECK(daemon.stop() == 0);
        }
    }
}

TEST_CASE("a socket that is for no service is for one that comes later, and waits when that goes") {
    const UniqueFd socket = listener();
    const std::string with =
        "127.0.0.1:" + port_of(socket) + " stream tcp4 prefork {user} internal echo\n";
    DaemonUnderTest daemon("# nothing\n", {.passed = {{"unknown", socket.get()}}});
    Client first(local_address(socket.get()));
    for (int round = 0; round < 2; ++round) {
        daemon.reload(with);
        if (round == 0) CHECK(first.ask("waited\n") == "waited\n");
        CHECK(Client(local_address(socket.get())).ask("hello\n") == "hello\n");
        daemon.reload("# nothing\n");
    }
    Client queued(local_address(socket.get()));
    CHECK(queued.end() == Client::End::none);
}

TEST_CASE("what cannot be true is said, and changes nothing") {
    const struct {
        std::vector<std::string> environment;
        const char* said;
    } rows[] = {
        {{"LISTEN_PID=x", "LISTEN_FDS=1"}, "LISTEN_PID is `x', which is no number"},
        {{"LISTEN_PID=1", "LISTEN_FDS=-3"}, "LISTEN_FDS is `-3', which is no number"},
        {{"LISTEN_PID=1", "LISTEN_FDS=1"}, ""},
    };
    for (const auto& row : rows) {
        CAPTURE(std::string(row.said));
        DaemonUnderTest daemon("{echo} stream tcp4 nowait {user} internal echo\n",
                               {.environment = row.environment});
        CHECK((*row.said == '\0' || daemon.lines_with(row.said) == 1));
        CHECK(Client(daemon.port("echo")).ask("hello\n") == "hello\n");
    }
}

TEST_CASE("over stops and kills our own sockets are the store's, and nobody is refused") {
    if (lacks(systemd::can_notify(), "libsystemd")) return;
    FdStore store;
    std::string configuration;
    std::vector<SocketAddress> services;
    for (const char* serve : {"nowait", "prefork", "worker", "event"}) {
        const UniqueFd place = listener();
        services.push_back(local_address(place.get()));
        configuration +=
            "127.0.0.1:" + port_of(place) + " stream tcp4 " + serve + " {user} internal echo\n";
    }
    for (int life = 0; life < 6; ++life) {
        CAPTURE(life);
        // These wait while nobody serves; the first life has nobody yet.
        std::vector<Client> waiting;
        if (life > 0)
            for (const SocketAddress& service : services) waiting.emplace_back(service);
        LaunchOptions options = store.launch();
        CHECK(store.sockets() == (life == 0 ? 0 : services.size()));
        DaemonUnderTest daemon(configuration, options);
        CHECK(store.sockets() == services.size());
        for (Client& client : waiting) CHECK(client.ask("waited\n") == "waited\n");
        for (const SocketAddress& service : services)
            CHECK(Client(service).ask("hello\n") == "hello\n");
        if (life % 2 == 0) {
            daemon.signal(SIGKILL);
            daemon.await_exit();
        } else {
            CHECK(daemon.stop() == 0);
        }
        CHECK(store.sockets() == services.size());
    }
    // A service that is gone takes its socket out of the store, whether we ran or not.
    DaemonUnderTest daemon("# nothing\n", store.launch());
    CHECK(store.sockets() == 0);
    CHECK(daemon.lines_with("was of a service that is no more") == 4);
    daemon.reload(configuration);
    CHECK(store.sockets() == services.size());
    daemon.reload("# nothing\n");
    CHECK(store.sockets() == 0);
    for (const SocketAddress& service : services)
        CHECK(Client(service).end() == Client::End::refused);
}

TEST_CASE("a manager that does not read is told in vain, and nobody waits for it") {
    if (lacks(systemd::can_notify(), "libsystemd")) return;
    FdStore store;
    store.fill();
    const std::string configuration =
        "{echo} stream tcp4 nowait {user} internal echo\n"
        "{cat}  stream tcp4 nowait {user} /bin/cat cat\n";
    DaemonUnderTest daemon(configuration, {.environment = {"NOTIFY_SOCKET=" + store.path()}});
    CHECK(Client(daemon.port("echo")).ask("hello\n") == "hello\n");
    CHECK(daemon.reload(configuration).find("2 kept") != std::string::npos);
    CHECK(Client(daemon.port("cat")).ask("hello\n") == "hello\n");
    CHECK(daemon.stop() == 0);
    CHECK(daemon.lines_with("the service manager does not take what it is told") == 1);
}

TEST_CASE("a manager that reads late hears all of it, in order") {
    if (lacks(systemd::can_notify(), "libsystemd")) return;
    FdStore store;
    store.fill();
    DaemonUnderTest daemon("{echo} stream tcp4 nowait {user} internal echo\n",
                           {.environment = {"NOTIFY_SOCKET=" + store.path()}});
    CHECK(comes_true([&] { return store.sockets() == 1; }));
    CHECK(store.stop(daemon) == 0);
    CHECK(store.sockets() == 1);
    CHECK(daemon.lines_with("the service manager") == 0);
}

TEST_SUITE_END();
