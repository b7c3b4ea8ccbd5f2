// SPDX-License-Identifier: ISC
// Loadable services from outside: the two examples under every MPM, and modules that do what no
// module should, which is to cost their own service something and no other.
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "tests/integration/client.h"
#include "tests/integration/daemon_under_test.h"
#include "tests/integration/process_tree.h"

using namespace minetd;

namespace {

const char* const mpms[] = {"nowait", "prefork", "worker", "event", "threads", "perchild"};

/// Copies of the modules where every user may read them and nobody else may write.
class Modules {
  public:
    Modules() {
        for (const char* name : {"kv", "calc", "probe", "blocking", "other_version"}) install(name);
    }
    /// As install(1) does it: a new file takes the place of the old one.
    void install(const std::string& name, const std::string& as = "") const {
        const char* built = std::getenv("MINETD_MODULES");
        REQUIRE(built != nullptr);
        const std::string from = std::string(built) + "/" + name + ".so";
        std::filesystem::copy_file(from, file("new"));
        ::chmod(file("new").c_str(), 0755);
        std::filesystem::rename(file("new"), file(as.empty() ? name : as));
    }
    std::string file(const std::string& name) const {
        return directory_.path() + "/" + name + ".so";
    }

    /// One line of the service {NAME_MPM} for every MPM.
    std::string lines(const std::string& name, const std::string& arguments = "") const {
        std::string text;
        for (const char* mpm : mpms)
            text += "{" + name + "_" + mpm + "} stream tcp4 " + mpm + " {user} internal " +
                    file(name) + " " + arguments + "\n";
        return text;
    }

  private:
    TemporaryDirectory directory_;
};

constexpr const char* small_pools =
    "[defaults]\nstart_servers = 2\nmin_spare_servers = 1\nmax_spare_servers = 3\n";

template <class Body>
void for_each_mpm(DaemonUnderTest& daemon, const std::string& name, Body&& body) {
    for (const char* mpm : mpms) {
        CAPTURE(std::string(mpm));
        body(daemon.port(name + "_" + mpm));
    }
}

/// What came before the server was gone.
std::string last_words(std::uint16_t port, const std::string& said) {
    Client client(port);
    client.send(said);
    return client.rest();
}

std::string served_by(std::uint16_t port) {
    Client client(port);
    client.send("pid\n");
    return client.line();
}

}  // namespace

TEST_SUITE_BEGIN("module");

TEST_CASE("the key-value store: commands, pipelines, pieces, long lines, a state of one's own") {
    const Modules modules;
    DaemonUnderTest daemon(modules.lines("kv", "3") + small_pools);
    for_each_mpm(daemon, "kv", [](std::uint16_t port) {
        Client client(port);
        client.send("SET a hello world\nGET a\r\nGET b\nDEL a\nDEL a\nwhat\nCOUNT\n");
        for (const char* answer : {"OK\n", "VALUE hello world\n", "NONE\n", "OK\n", "NONE\n",
                                   "ERR SET, GET, DEL, COUNT or QUIT\n", "7\n"})
            CHECK(client.line() == answer);
        client.send("SE");
        client.send("T b 2\nGE");
        CHECK(client.line() == "OK\n");
        client.send("T b\n");
        CHECK(client.line() == "VALUE 2\n");
        client.send("SET c 3\nSET d 4\nSET e 5\n");
        CHECK(client.line() == "OK\n");
        CHECK(client.line() == "OK\n");
        CHECK(client.line() == "ERR the store is full\n");
        client.send("DEL b\nDEL c\nDEL d\nQUIT\nGET a\n");
        CHECK(client.rest() == "OK\nOK\nOK\n");
        CHECK(client.end() == Client::End::closed);
        CHECK(Client(port).ask("COUNT\n") == "1\n");
        CHECK(Client(port).ask(std::string(5000, 'x')) == "ERR the line is too long\n");
        const std::string value(1000, 'v');
        std::string questions = "SET big " + value + "\n";
        for (int i = 0; i < 2000; ++i) questions += "GET big\n";
        CHECK(Client(port).ask(questions + "DEL big\n").size() == 3 + 2000 * 1007 + 3);
    });
}

TEST_CASE("the key-value store: on nowait one store is everybody's") {
    const Modules modules;
    DaemonUnderTest daemon(modules.lines("kv"));
    Client first(daemon.port("kv_nowait")), second(daemon.port("kv_nowait"));
    first.send("SET a 1\n");
    CHECK(first.line() == "OK\n");
    second.send("GET a\n");
    CHECK(second.line() == "VALUE 1\n");
}

TEST_CASE("the calculator, which blocks: one client after the other, and both") {
    const Modules modules;
    DaemonUnderTest daemon(modules.lines("calc") + small_pools + "idle_timeout = 1\n");
    for_each_mpm(daemon, "calc", [](std::uint16_t port) {
        CHECK(Client(port).ask("x = 3 * (2 + 4)\nx / 4\r\ny\n1 +\n-(-(2))\n") ==
              "18\n4.5\nerror: a name has no value yet\nerror: a number or a name is missing\n2\n");
        CHECK(Client(port).ask(std::string(500, '(') + "\n") == "error: this is too deep\n");
        Client(port).send("1 + ");  // gone in the middle
    });
    std::deque<Client> silent;
    for_each_mpm(daemon, "calc", [&](std::uint16_t port) { silent.emplace_back(port); });
    for (Client& client : silent) CHECK(client.rest().empty());  // let go at its deadline
    Client first(daemon.port("calc_prefork")), second(daemon.port("calc_prefork"));
    for (Client* client : {&first, &second, &first, &second}) {
        client->send("6 * 7\n");
        CHECK(client->line() == "42\n");
    }
}

TEST_CASE("where only some threads are to be had these serve, and go with their generation") {
    if (::geteuid() != 0) {
        MESSAGE("skipped: changing users needs root");
        return;
    }
    const Modules modules;
    for (const char* mpm : {"worker", "event"}) {
        CAPTURE(std::string(mpm));
        // A user of whom no other test has processes, as they are counted.
        const std::string text = "{calc} stream tcp4 " + std::string(mpm) + " lp internal " +
                                 modules.file("calc") +
                                 "\n[{calc}]\nstart_servers = 1\nserver_limit = 1\n"
                                 "threads_per_child = 20\nmin_spare_threads = 1\n"
                                 "max_spare_threads = 20\n";
        DaemonUnderTest daemon(text + "rlimit_nproc = 8\n");
        {
            Client first(daemon.port("calc")), second(daemon.port("calc"));
            for (Client* client : {&first, &second}) {
                client->send("6 * 7\n");
                CHECK(client->line() == "42\n");
            }
        }
        const std::vector<ProcessView> before = descendants(daemon.pid());
        CHECK(before.size() == 2);
        daemon.reload(text);
        CHECK(comes_true([&] { return are_gone(before); }));
        CHECK(Client(daemon.port("calc")).ask("6 * 7\n") == "42\n");
        daemon.await_output("thread: Resource temporarily unavailable");
        CHECK(daemon.lines_with("thread: Resource temporarily unavailable") == 1);
    }
}

TEST_CASE("a module runs as the service's user, and what it logs is its service's") {
    const Modules modules;
    DaemonUnderTest daemon(modules.lines("probe", "word") + small_pools);
    for_each_mpm(daemon, "probe", [](std::uint16_t port) {
        CHECK(Client(port).ask("uid\nargument\npeer\n") ==
              std::to_string(test_uid()) + "\nword\n" + std::to_string(AF_INET) + "\n");
    });
    CHECK(Client(daemon.port("probe_nowait")).ask("log\n").empty());
    daemon.await_output(std::to_string(daemon.port("probe_nowait")) + ": told to log\\x0athis\n");
}

TEST_CASE("a module that crashes costs its own connection, and is replaced") {
    const Modules modules;
    for (const char* fault : {"crash\n", "abort\n", "throw\n", "exit\n"}) {
        CAPTURE(std::string(fault));
        // Each in a daemon of its own: who crashes again and again is made to wait.
        DaemonUnderTest daemon(modules.lines("probe") + modules.lines("kv") + small_pools);
        for_each_mpm(daemon, "kv",
                     [](std::uint16_t port) { CHECK(Client(port).ask("SET a 1\n") == "OK\n"); });
        Client bystander(daemon.port("probe_prefork"));
        bystander.send("count\n");
        CHECK(bystander.line() == "1\n");
        for_each_mpm(daemon, "probe", [&](std::uint16_t port) {
            const std::string before = served_by(port);
            CHECK(last_words(port, std::string("count\n") + fault).find("2\n") ==
                  std::string::npos);
            CHECK(Client(port).ask("count\n") == "1\n");
        });
        bystander.send("count\n");
        CHECK(bystander.line() == "2\n");
        CHECK(Client(daemon.port("kv_nowait")).ask("GET a\n") == "VALUE 1\n");
        CHECK(daemon.alive());
    }
}

TEST_CASE("a module that hangs holds its own server, nobody else's") {
    const Modules modules;
    DaemonUnderTest daemon(modules.lines("probe") + modules.lines("kv") + small_pools +
                           "[minetd]\ngraceful_shutdown_timeout = 1\n");
    const std::uint16_t pool = daemon.port("probe_prefork");
    Client stuck(pool), also_stuck(pool), idle(daemon.port("probe_nowait"));
    for (Client* client : {&stuck, &also_stuck, &idle}) client->send("hang\n");
    for (int i = 0; i < 10; ++i) CHECK(Client(pool).ask("count\n") == "1\n");
    for_each_mpm(daemon, "kv",
                 [](std::uint16_t port) { CHECK(Client(port).ask("SET a 1\n") == "OK\n"); });
    CHECK(stuck.end() == Client::End::none);
    CHECK(daemon.stop() == 0);  // and it holds no shutdown up for ever
}

TEST_CASE("a module that leaks does so in servers that retire") {
    const Modules modules;
    DaemonUnderTest daemon(modules.lines("probe") + small_pools +
                           "max_connections_per_child = 2\n");
    std::set<std::string> servers;
    for (int i = 0; i < 20; ++i) {
        Client client(daemon.port("probe_prefork"));
        client.send("leak\npid\n");
        CHECK(client.line() == "leaked\n");
        servers.insert(client.line());
    }
    CHECK(servers.size() >= 10);
}

TEST_CASE("a module that returns nonsense, or never takes its input, loses that connection") {
    const Modules modules;
    DaemonUnderTest daemon(modules.lines("probe") + small_pools);
    for_each_mpm(daemon, "probe", [&](std::uint16_t port) {
        Client other(port);
        other.send("count\n");
        CHECK(other.line() == "1\n");
        CHECK(last_words(port, "count\nnonsense\ncount\n") == "1\n");
        Client stubborn(port);
        for (int i = 0; i < 100 && stubborn.end() == Client::End::none; ++i)
            stubborn.send("stubborn\n" + std::string(10'000, 'x'));
        stubborn.rest();
        CHECK(stubborn.end() != Client::End::none);
        other.send("count\n");
        CHECK(other.line() == "2\n");
    });
    daemon.await_lines("on_input returned 77", std::size(mpms));
}

TEST_CASE("a module that cannot be opened is told of, and its service waits for a better one") {
    const Modules modules;
    modules.install("other_version", "wrong");
    DaemonUnderTest daemon(modules.lines("wrong") + modules.lines("kv") + small_pools);
    Client waiting(daemon.port("wrong_nowait")), too(daemon.port("wrong_prefork"));
    for (const char* mpm : mpms)
        daemon.await_output(std::to_string(daemon.port(std::string("wrong_") + mpm)) +
                            ": the module " + modules.file("wrong") +
                            " cannot be used: it speaks version 7 of the interface");
    for_each_mpm(daemon, "kv",
                 [](std::uint16_t port) { CHECK(Client(port).ask("SET a 1\n") == "OK\n"); });
    // Who is in the queue is served as soon as there is a module to serve them.
    modules.install("probe", "wrong");
    for (Client* client : {&waiting, &too}) {
        client->send("count\n");
        CHECK(client->line() == "1\n");
    }
}

TEST_CASE("a module that was replaced is used after a reload, and not before") {
    const Modules modules;
    modules.install("probe", "service");
    const std::string configuration = modules.lines("service") + small_pools;
    DaemonUnderTest daemon(configuration);
    for_each_mpm(daemon, "service",
                 [](std::uint16_t port) { CHECK(Client(port).ask("count\n") == "1\n"); });
    Client old(daemon.port("service_prefork"));
    old.send("count\n");
    CHECK(old.line() == "1\n");
    modules.install("blocking", "service");
    CHECK(Client(daemon.port("service_prefork")).ask("service\n") ==
          std::to_string(daemon.port("service_prefork")) + "\n");
    daemon.reload(configuration);
    old.send("count\n");
    CHECK(old.line() == "2\n");
    // The blocking form of the probe answers with each line's length, too. A server that is to go
    // may still have accepted before it heard of it; it has heard once its successors answer.
    for_each_mpm(daemon, "service", [&](std::uint16_t port) {
        daemon.await([&] { return Client(port).ask("count\n") == "1\n5\n"; },
                     "the module that replaced the first");
    });
}

TEST_CASE("a module that others may write to does not serve for root") {
    const Modules modules;
    ::chmod(modules.file("kv").c_str(), 0777);
    DaemonUnderTest daemon(modules.lines("kv") + modules.lines("probe") + small_pools);
    CHECK(Client(daemon.port("probe_nowait")).ask("count\n") == "1\n");
    const bool refused =
        daemon.output().find("lets others than its owner write to it") != std::string::npos;
    CHECK(refused == (geteuid() == 0));
}

TEST_CASE("datagrams for a module") {
    const Modules modules;
    std::string text;
    for (const char* mpm : {"wait", "prefork"})
        text += "{udp_" + std::string(mpm) + "} dgram udp4 " + mpm + " {user} internal " +
                modules.file("probe") + "\n";
    DaemonUnderTest daemon(text + "{not} dgram udp4 wait {user} internal " + modules.file("kv") +
                           "\n" + small_pools + "udp_guard = local\n");
    for (const char* mpm : {"wait", "prefork"}) {
        CAPTURE(std::string(mpm));
        Client client(address_of("127.0.0.1", daemon.port(std::string("udp_") + mpm)), SOCK_DGRAM);
        client.send("a question");
        CHECK(client.receive() == "a question");
    }
    Client client(address_of("127.0.0.1", daemon.port("not")), SOCK_DGRAM);
    client.send("a question");
    daemon.await_output("kv.so does not serve datagrams");
}

TEST_SUITE_END();
