// SPDX-License-Identifier: ISC
// Resident programs: copies that accept for themselves, replaced when they end, counted as they
// say, and exchanged without losing a connection.
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstddef>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "daemon/os/socket.h"
#include "tests/integration/at_once.h"
#include "tests/integration/client.h"
#include "tests/integration/daemon_under_test.h"
#include "tests/integration/free_port.h"
#include "tests/integration/privileges.h"
#include "tests/integration/process_tree.h"

using namespace minetd;

namespace {

std::string service(const std::string& words, const std::string& attributes) {
    return "{port} stream tcp4 prefork {user} {probe} probe resident " + words +
           "\n[{port}]\nid = res\naccept = yes\n" + attributes;
}

/// The resident programs: what the keeper started, which is the daemon's only child.
std::set<pid_t> servers(const DaemonUnderTest& daemon) {
    std::set<pid_t> found;
    for (const ProcessView& process : descendants(daemon.pid()))
        if (process.parent != daemon.pid() && process.state != 'Z') found.insert(process.pid);
    return found;
}

bool has_servers(const DaemonUnderTest& daemon, std::size_t count) {
    return comes_true([&] { return servers(daemon).size() == count; });
}

pid_t server_of(Client& client) {
    return std::atoi(client.say("pid").c_str());
}

std::string value_in(const std::string& text, const std::string& name) {
    const std::size_t at = text.find(name);
    if (at == std::string::npos) return "";
    const std::size_t begin = at + name.size();
    return text.substr(begin, text.find('\n', begin) - begin);
}

std::string surroundings(Client& client) {
    client.send("surroundings\n");
    std::string text;
    for (std::string line; (line = client.line()) != "end\n" && !line.empty();) text += line;
    return text;
}

/// From this process, which is none of the service's.
void forge(const std::string& name, const std::string& state) {
    const UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy(name.begin(), name.end(), address.sun_path);
    address.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    REQUIRE(::sendto(fd.get(), state.data(), state.size(), 0, reinterpret_cast<sockaddr*>(&address),
                     length) > 0);
}

}  // namespace

TEST_SUITE_BEGIN("resident");

TEST_CASE("copies that say nothing: a constant number, each with what the protocol promises") {
    DaemonUnderTest daemon(service("", "start_servers = 3\nenv = LISTEN_FDS=99\n"));
    REQUIRE(has_servers(daemon, 3));
    std::vector<Client> clients;
    std::set<pid_t> seen;
    for (int i = 0; i < 3; ++i) seen.insert(server_of(clients.emplace_back(daemon.port("port"))));
    CHECK(seen == servers(daemon));  // one client each at a time

    const std::string text = surroundings(clients[0]);
    CHECK(value_in(text, "env LISTEN_PID=") + "\n" == clients[0].say("pid"));
    CHECK(value_in(text, "env LISTEN_FDS=") == "1");
    CHECK(value_in(text, "env LISTEN_FDNAMES=") == "res");
    CHECK(value_in(text, "env NOTIFY_SOCKET=").front() == '@');
    CHECK(text.find("WATCHDOG") == std::string::npos);
    CHECK(text.find("env PROTO=") == std::string::npos);
    // The listening socket, its own signalfd, and the client that it accepted.
    CHECK(value_in(text, "fds") == " 0 1 2 3 4 5");
    CHECK(value_in(text, "stdin ") == "/dev/null");
    // All are busy for good, and there is no fourth: they did not say so.
    Client fourth(daemon.port("port"));
    fourth.send("pid\n");
    daemon.reload(service("", "start_servers = 3\nenv = LISTEN_FDS=99\n"));
    CHECK(servers(daemon) == seen);
    clients.pop_back();
    CHECK(!fourth.line().empty());
}

TEST_CASE("a program that only accepts finds a socket that blocks, and its output is logged") {
    DaemonUnderTest daemon(service("blocking", "start_servers = 1\n"));
    Client client(daemon.port("port"));
    const std::string text = surroundings(client);
    CHECK(value_in(text, "blocking ") == "yes");
    CHECK(value_in(text, "fds") == " 0 1 2 3 4");  // nothing of ours but the socket
    client.say("complain");
    daemon.await_output("error");
    daemon.await_output("out");
}

TEST_CASE("a resident program's priority and limits are given by root") {
    if (lacks_root()) return;
    const std::string files = may_raise_limits() ? "700" : "500";
    DaemonUnderTest daemon(
        service("", "start_servers = 1\nnice = -5\nrlimit_nofile = " + files + '\n'),
        {.descriptors = 600});
    Client client(daemon.port("port"));
    const std::string text = surroundings(client);
    CHECK(value_in(text, "nice ") == "-5");
    CHECK(value_in(text, "files ") == files);
}

TEST_CASE("all sockets of a service are handed over, named") {
    DaemonUnderTest daemon(
        "{port} stream tcp prefork {user} {probe} probe resident ready\n"
        "[{port}]\nid = a:b\naccept = yes\nbind = 127.0.0.1 ::1\nstart_servers = 1\n");
    for (const char* host : {"127.0.0.1", "::1"}) {
        CAPTURE(std::string(host));
        Client client(address_of(host, daemon.port("port")));
        const std::string text = surroundings(client);
        CHECK(value_in(text, "env LISTEN_FDS=") == "2");
        CHECK(value_in(text, "env LISTEN_FDNAMES=") == "a_b:a_b");
        CHECK(value_in(text, "fds") == " 0 1 2 3 4 5 6");
    }
}

TEST_CASE("a server that ends, fails or is killed is replaced") {
    DaemonUnderTest daemon(service("ready", "start_servers = 2\n"));
    for (const char* end : {"leave", "fail", "crash", "kill"}) {
        CAPTURE(std::string(end));
        REQUIRE(has_servers(daemon, 2));
        Client client(daemon.port("port"));
        const pid_t before = server_of(client);
        if (std::string(end) == "kill")
            ::kill(before, SIGKILL);
        else
            client.send(std::string(end) + "\n");
        CHECK(client.rest().empty());
        CHECK(comes_true(
            [&] { return servers(daemon).size() == 2 && !servers(daemon).contains(before); }));
    }
    daemon.await_lines("server", 3);
    CHECK(daemon.lines_with("server") == 3);  // an end with status 0 is nothing to tell
    daemon.await_lines("ended with status 7", 1);
    CHECK(daemon.lines_with("ended with status 7") == 1);
    daemon.await_lines("was killed by signal 9", 2);
    CHECK(daemon.lines_with("was killed by signal 9") == 2);
}

TEST_CASE("a program that fails at its start, or leaves at once, is tried ever less often") {
    at_once(std::array{"fail", "leave"}, [](const char* how) {
        CAPTURE(std::string(how));
        DaemonUnderTest daemon(service(how, "start_servers = 2\nlog_on_success = PID\n"));
        daemon.await_output("next try in 2 s");
        CHECK(daemon.lines_with("START: res") <= 12);
    });
}

TEST_CASE("a program that cannot be started is told with its name") {
    const TemporaryDirectory directory;
    const std::string path = directory.path() + "/program";
    write_file(path, "#!/does/not/exist\n");
    REQUIRE(::chmod(path.c_str(), 0755) == 0);
    DaemonUnderTest daemon("{port} stream tcp4 prefork {user} " + path +
                           " program\n[{port}]\naccept = yes\n");
    daemon.await_output("cannot execute " + path);
    daemon.await_output("next try in 2 s");
}

TEST_CASE("the number of servers follows what they say") {
    DaemonUnderTest daemon(
        service("ready state",
                "start_servers = 2\nmin_spare_servers = 2\nmax_spare_servers = 3\n"
                "max_request_workers = 8\n"));
    REQUIRE(has_servers(daemon, 2));
    std::vector<Client> clients;
    std::set<pid_t> seen;
    for (int i = 0; i < 8; ++i) seen.insert(server_of(clients.emplace_back(daemon.port("port"))));
    CHECK(seen.size() == 8);
    daemon.await_output("reached max_request_workers (8)");
    CHECK(servers(daemon) == seen);
    clients.clear();
    CHECK(has_servers(daemon, 3));
}

TEST_CASE("who does not say READY=1 in time is replaced; a reload waits for it") {
    const auto configuration = [](const std::string& more) {
        return service("late {dir}/go", "start_servers = 1\nstart_timeout = 2\n" + more);
    };
    DaemonUnderTest daemon(configuration(""));
    write_file(daemon.file("go"), "");
    const pid_t first = [&] {
        Client client(daemon.port("port"));
        return server_of(client);
    }();
    daemon.reload(configuration("env = ROUND=1\n"));
    REQUIRE(comes_true([&] { return !servers(daemon).contains(first); }));
    REQUIRE(has_servers(daemon, 1));
    const pid_t second = *servers(daemon).begin();
    std::remove(daemon.file("go").c_str());
    daemon.reload(configuration("env = ROUND=2\n"));
    daemon.await_output("is not ready after 2 s; killed and replaced");
    // Its predecessor serves meanwhile.
    for (int i = 0; i < 5; ++i) {
        Client client(daemon.port("port"));
        CHECK(server_of(client) == second);
    }
    write_file(daemon.file("go"), "");
    CHECK(comes_true([&] { return !servers(daemon).contains(second); }));
    Client client(daemon.port("port"));
    CHECK(value_in(surroundings(client), "env ROUND=") == "2");
}

TEST_CASE("an address that comes late is no reason to leave the others alone") {
    const std::uint16_t port = free_port();
    UniqueFd taken = open_listener(address_of("127.0.0.2", port), {.type = SOCK_STREAM});
    DaemonUnderTest daemon(std::to_string(port) +
                           " stream tcp4 prefork {user} {probe} probe resident late {dir}/go\n[" +
                           std::to_string(port) +
                           "]\naccept = yes\nstart_servers = 1\nstart_timeout = 60\n"
                           "bind = 127.0.0.1 127.0.0.2\n");
    write_file(daemon.file("go"), "");
    const auto server_at = [&](const char* host) {
        Client client(address_of(host, port));
        return server_of(client);
    };
    const pid_t first = server_at("127.0.0.1");
    REQUIRE(first > 0);
    std::remove(daemon.file("go").c_str());
    taken.reset();
    daemon.await_output("listens on 127.0.0.2:");
    // Its successor takes its time.
    REQUIRE(comes_true([&] { return servers(daemon).size() == 2; }));
    for (int i = 0; i < 5; ++i) CHECK(server_at("127.0.0.1") == first);
    write_file(daemon.file("go"), "");
    CHECK(server_at("127.0.0.2") > 0);
    CHECK(comes_true([&] { return !servers(daemon).contains(first); }));
}

TEST_CASE("3,000 connections during 20 reloads: none refused, none reset, none lost") {
    const auto configuration = [](int round) {
        return service("ready state",
                       "start_servers = 2\nmin_spare_servers = 1\n"
                       "max_spare_servers = 2\nenv = ROUND=" +
                           std::to_string(round) + "\n");
    };
    DaemonUnderTest daemon(configuration(0));
    std::atomic<bool> reloading = true;
    std::atomic<int> served = 0, failed = 0;
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 2; ++thread)
        threads.emplace_back([&] {
            for (int i = 0; i < 1'500 || reloading; ++i) {
                Client client(daemon.port("port"));
                const bool well =
                    client.end() == Client::End::none && client.ask("a word\n") == "a word\n";
                ++(well ? served : failed);
            }
        });
    for (int round = 1; round <= 20; ++round) {
        daemon.reload(configuration(round));
        // Each is to have its turn; a crowd of generations is another test.
        if (round % 2 == 0) {
            const std::string wanted = std::to_string(round);
            comes_true([&] {
                Client client(daemon.port("port"));
                return value_in(surroundings(client), "env ROUND=") == wanted;
            });
        }
    }
    reloading = false;
    for (std::thread& thread : threads) thread.join();
    CHECK(failed == 0);
    CHECK(served >= 3'000);
    CHECK(comes_true([&] { return servers(daemon).size() <= 3; }));
    Client client(daemon.port("port"));
    CHECK(value_in(surroundings(client), "env ROUND=") == "20");
}

TEST_CASE("who is asked to go and does not is killed after drain_timeout") {
    const auto configuration = [](const char* words) {
        return service(words, "start_servers = 1\ndrain_timeout = 1\n");
    };
    DaemonUnderTest daemon(configuration("ready deaf"));
    Client stubborn(daemon.port("port"));
    const pid_t first = server_of(stubborn);
    daemon.reload(configuration("ready"));
    Client next(daemon.port("port"));
    CHECK(server_of(next) != first);
    daemon.await_output("have not finished after 1 s");
    CHECK(comes_true([&] { return !servers(daemon).contains(first); }));
}

TEST_CASE("a server finishes what it has before it goes") {
    const auto configuration = [](int round) {
        return service("ready", "start_servers = 1\nenv = ROUND=" + std::to_string(round) + "\n");
    };
    DaemonUnderTest daemon(configuration(0));
    Client old(daemon.port("port"));
    const pid_t first = server_of(old);
    daemon.reload(configuration(1));
    Client next(daemon.port("port"));
    CHECK(server_of(next) != first);
    CHECK(old.say("still here") == "still here\n");
    old.close();
    CHECK(comes_true([&] { return !servers(daemon).contains(first); }));
}

TEST_CASE("STOPPING=1 has a server replaced while it finishes") {
    DaemonUnderTest daemon(service("ready", "start_servers = 1\n"));
    Client old(daemon.port("port"));
    const pid_t first = server_of(old);
    CHECK(old.say("notify STOPPING=1") == "notified\n");
    Client next(daemon.port("port"));
    CHECK(server_of(next) != first);
    CHECK(server_of(old) == first);
}

TEST_CASE("a server that stops sending WATCHDOG=1 is replaced, with a record") {
    DaemonUnderTest daemon(service("ready ping", "start_servers = 1\nstuck_timeout = 1\n"));
    Client client(daemon.port("port"));
    const pid_t first = server_of(client);
    const std::string text = surroundings(client);
    CHECK(value_in(text, "env WATCHDOG_USEC=") == "1000000");
    CHECK(value_in(text, "env WATCHDOG_PID=") == std::to_string(first));
    // Busy with this client, it does not ping.
    daemon.await_output("is stuck: no WATCHDOG=1");
    CHECK(client.rest().empty());
    Client next(daemon.port("port"));
    const pid_t second = server_of(next);
    CHECK(second != first);
    CHECK(next.say("notify WATCHDOG=trigger") == "notified\n");
    daemon.await_output("says that it is stuck");
    CHECK(next.rest().empty());
}

TEST_CASE("a stranger's word counts for nothing") {
    DaemonUnderTest daemon(service("ready", "start_servers = 2\n"));
    REQUIRE(has_servers(daemon, 2));
    const std::set<pid_t> before = servers(daemon);
    Client client(daemon.port("port"));
    const std::string name = value_in(surroundings(client), "env NOTIFY_SOCKET=");
    for (int i = 0; i < 50; ++i)
        forge(name, "STOPPING=1\nWATCHDOG=trigger\nX_MINETD_STATE=busy\nMAINPID=1");
    // What the server says afterwards is heard after all of that.
    CHECK(client.say("notify X_MINETD_STATE=busy") == "notified\n");
    CHECK(comes_true([&] { return servers(daemon).size() > 2; }));
    for (const pid_t pid : before) CHECK(servers(daemon).contains(pid));
    CHECK(daemon.lines_with("stuck") == 0);
}

TEST_CASE("no server outlives its keeper, and a new keeper has new servers") {
    DaemonUnderTest daemon(service("ready", "start_servers = 2\n"));
    REQUIRE(has_servers(daemon, 2));
    const std::set<pid_t> before = servers(daemon);
    for (const ProcessView& process : descendants(daemon.pid()))
        if (process.parent == daemon.pid()) ::kill(process.pid, SIGKILL);
    CHECK(comes_true([&] {
        const std::set<pid_t> now = servers(daemon);
        return now.size() == 2 && std::none_of(now.begin(), now.end(),
                                               [&](pid_t pid) { return before.contains(pid); });
    }));
    CHECK(comes_true([&] {
        for (const pid_t pid : before)
            if (::kill(pid, 0) == 0) return false;
        return true;
    }));
    Client client(daemon.port("port"));
    CHECK(server_of(client) > 0);
}

TEST_SUITE_END();
