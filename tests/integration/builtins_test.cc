// SPDX-License-Identifier: ISC
// Builtins from outside: whose processes they run in, what a client that misbehaves costs the
// others, and tcpmux, which hands connections on.
#include <doctest/doctest.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstring>
#include <string>

#include "tests/integration/client.h"
#include "tests/integration/daemon_under_test.h"
#include "tests/integration/gauge.h"
#include "tests/integration/own_network.h"
#include "tests/integration/process_tree.h"
#include "tests/services/http/site.h"

using namespace minetd;

TEST_SUITE_BEGIN("builtins");

TEST_CASE("builtins run as the service's user, never in the root process") {
    DaemonUnderTest daemon(R"(
{inner} stream tcp4 nowait  {user} internal echo
{pool}  stream tcp4 prefork {user} internal echo
{udp}   dgram  udp4 wait    {user} internal echo
[defaults]
udp_guard = local
)");
    Client inner(daemon.port("inner")), pooled(daemon.port("pool"));
    for (Client* client : {&inner, &pooled}) {
        client->send("x\n");
        CHECK(client->line() == "x\n");
    }
    Client datagrams(address_of("127.0.0.1", daemon.port("udp")), SOCK_DGRAM);
    datagrams.send("x");
    CHECK(datagrams.receive() == "x");
    const auto processes = descendants(daemon.pid());
    CHECK(processes.size() >= 3);
    for (const ProcessView& process : processes) {
        CAPTURE(process.pid);
        CHECK(process.uid == test_uid());
    }
}

TEST_CASE("all servers of a datagram service together send a stranger no more than one may") {
    const auto test = [] {
        // Of no loopback address, which nobody could forge: of a host that is this one.
        const UniqueFd any(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        ifreq request{};
        std::strcpy(request.ifr_name, "lo:1");
        const SocketAddress own = address_of("10.1.1.1", 0);
        std::memcpy(&request.ifr_addr, own.raw(), own.length);
        REQUIRE(::ioctl(any.get(), SIOCSIFADDR, &request) == 0);
        DaemonUnderTest daemon(R"(
{worker} dgram udp4 worker {user} internal daytime
[{worker}]
threads_per_child = 8
server_limit = 2
start_servers = 2
)");
        Client client(address_of("10.1.1.1", daemon.port("worker")), SOCK_DGRAM, own);
        // 26 bytes for one, 8192 at once and 1024 in a second: 327, and 41 more.
        const auto began = std::chrono::steady_clock::now();
        long answered = 0;
        for (int i = 0; i < 3000; ++i) {
            client.send("x");
            pollfd item{.fd = client.fd(), .events = POLLIN, .revents = 0};
            for (char answer[64]; ::poll(&item, 1, 1) > 0; ++answered)
                CHECK(::recv(client.fd(), answer, sizeof answer, MSG_DONTWAIT) == 26);
        }
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(
            std::chrono::steady_clock::now() - began);
        CHECK(answered >= 327);
        CHECK(answered <= 327 + 41 * (seconds.count() + 1));
    };
    in_own_network({}, test);
}

TEST_CASE("a client that resets, or never reads, or never speaks, costs the others nothing") {
    DaemonUnderTest daemon(R"(
{echo}    stream tcp4 nowait  {user} internal echo
{chargen} stream tcp4 nowait  {user} internal chargen
{pool}    stream tcp4 prefork {user} internal chargen
{mux}     stream tcp4 nowait  {user} internal tcpmux
{program} stream tcp4 nowait  {user} {probe} probe answer
{waiting} stream tcp4 prefork {user} {probe} probe answer
)");
    const linger at_once{1, 0};
    for (const char* name : {"echo", "chargen", "pool", "mux", "program", "waiting"}) {
        CAPTURE(std::string(name));
        Client silent(daemon.port(name));
        for (int i = 0; i < 100; ++i) {
            Client rude(daemon.port(name));
            setsockopt(rude.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        }
    }
    CHECK(Client(daemon.port("echo")).ask("x\n") == "x\n");
    CHECK(Client(daemon.port("program")).ask("x\n") == "x\n");
    CHECK(Client(daemon.port("waiting")).ask("x\n") == "x\n");
    for (const char* name : {"chargen", "pool"}) {
        CAPTURE(std::string(name));
        CHECK(Client(daemon.port(name)).line().size() == 74);
    }
    CHECK(daemon.alive());
}

TEST_CASE("http: a client that leaves in the middle of a file costs the others nothing") {
    const Site site;
    site.write("large", std::string(8'000'000, 'x'));
    site.write("small", "small");
    DaemonUnderTest daemon(
        "{nowait} stream tcp4 nowait {user} internal http " + site.root() +
        "\n{event} stream tcp4 event {user} internal http " + site.root() +
        "\n{worker} stream tcp4 worker {user} internal http " + site.root() +
        "\n[{worker}]\nstart_servers = 1\nserver_limit = 1\nmax_request_workers = 25\n"
        "[{event}]\nstart_servers = 1\nserver_limit = 1\nmax_request_workers = 25\n");
    const auto get = [](const char* name) {
        return std::string("GET /") + name + " HTTP/1.1\r\nHost: test\r\n\r\n";
    };
    const std::string small = get("small");
    for (const char* name : {"nowait", "event", "worker"}) {
        CAPTURE(std::string(name));
        Client bystander(daemon.port(name));
        bystander.send(small);
        const std::string answer = bystander.bytes(1);
        for (int i = 0; i < 20; ++i) {
            Client rude(daemon.port(name));
            rude.send(get("large"));
            CHECK(rude.bytes(1000).size() == 1000);
            // Its end is heard before its reset: then sendfile(2) would raise SIGPIPE.
            if (i % 2 == 0) rude.finish();
        }
        bystander.send(small);
        const std::string rest = answer + bystander.ask("");
        CHECK(rest.find("\r\n\r\nsmallHTTP/1.1 200 OK\r\n") != std::string::npos);
        CHECK(rest.ends_with("\r\n\r\nsmall"));
    }
}

TEST_CASE("chargen goes on while its client talks") {
    DaemonUnderTest daemon("{chargen} stream tcp4 nowait {user} internal chargen\n");
    Client client(daemon.port("chargen"));
    for (int i = 0; i < 50; ++i) {
        client.send(std::string(10'000, 'x'));
        CHECK(client.bytes(10'000).size() == 10'000);
    }
    CHECK(client.end() == Client::End::none);
}

TEST_CASE("tcpmux: an entry is served as its own user, under its own rules, and alone") {
    // CVE-2013-4342: entries ran as root. CVE-2012-0862: every service was reached.
    const bool root = ::geteuid() == 0;
    DaemonUnderTest daemon(
        "{mux} stream tcp4 nowait {user} internal tcpmux\n"
        "tcpmux/who stream tcp nowait " +
        std::string(root ? "daemon" : "{user}") +
        " /usr/bin/id id -u\n"
        "tcpmux/closed stream tcp nowait {user} /bin/cat cat\n"
        "{plain} stream tcp4 nowait {user} /bin/cat cat\n"
        "[tcpmux/closed]\nid = closed\nonly_from = 192.0.2.1\n"
        "[{plain}]\nid = plain\n");
    const std::uint16_t mux = daemon.port("mux");
    CHECK(Client(mux).ask("who\r\n") == (root ? "1" : std::to_string(test_uid())) + "\n");
    CHECK(Client(mux).ask("closed\r\nx\n") == "-Service not available\r\n");
    daemon.await_output("FAIL: closed address from=127.0.0.1");
    for (const std::string& name : {std::to_string(daemon.port("plain")), std::string("plain")})
        CHECK(Client(mux).ask(name + "\r\nx\n") == "-Service not available\r\n");
    CHECK(Client(mux).ask("help\r\n") == "closed\r\nwho\r\n");
}

TEST_CASE("tcpmux: names, help, and what the client sends early") {
    DaemonUnderTest daemon(R"(
{mux}          stream tcp4 nowait {user} internal tcpmux
tcpmux/+answer stream tcp  nowait {user} {probe} probe answer
tcpmux/bare    stream tcp  nowait {user} {probe} probe answer
tcpmux/+one    stream tcp  nowait.1 {user} {probe} probe answer
)");
    const std::uint16_t mux = daemon.port("mux");
    Client silent(mux);  // pins nothing
    const std::string go = Client(mux).ask("answer\r\npipelined\n");
    CHECK(go.substr(0, 1) == "+");
    CHECK(go.substr(go.find("\r\n") + 2) == "pipelined\n");
    CHECK(Client(mux).ask("ANSWER\r\nx\n").substr(0, 1) == "+");
    CHECK(Client(mux).ask("bare\r\nx\n") == "x\n");
    CHECK(Client(mux).ask("none\r\n").substr(0, 1) == "-");
    const std::string help = Client(mux).ask("HELP\r\n");
    for (const char* name : {"answer\r\n", "bare\r\n", "one\r\n"})
        CHECK(help.find(name) != std::string::npos);
    // The limits of the service that is asked for hold on this way too.
    Client first(mux);
    first.send("one\r\n");
    CHECK(first.line().substr(0, 1) == "+");
    const std::string second = Client(mux).ask("one\r\nx\n");
    CHECK(second.find("x\n") == std::string::npos);
    CHECK(first.ask("x\n") == "x\n");
}

TEST_CASE("tcpmux: whoever has reset its connection has no address to be judged by") {
    DaemonUnderTest daemon(
        "{mux} stream tcp4 nowait {user} internal tcpmux\n"
        "tcpmux/closed stream tcp nowait {user} {probe} probe hold {dir}/gauge\n"
        "[tcpmux/closed]\nid = closed\nonly_from = 192.0.2.1\n");
    const Gauge& gauge = Gauge::create(daemon.file("gauge"));
    const std::uint16_t mux = daemon.port("mux");
    CHECK(Client(mux).ask("help\r\n") == "closed\r\n");
    // What it said is there when it is gone already.
    const auto servers = descendants(daemon.pid());
    for (const ProcessView& server : servers) kill(server.pid, SIGSTOP);
    {
        Client rude(mux);
        rude.send("closed\r\nx\n");
        const linger at_once{1, 0};
        setsockopt(rude.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    for (const ProcessView& server : servers) kill(server.pid, SIGCONT);
    CHECK(Client(mux).ask("closed\r\nx\n") == "-Service not available\r\n");
    daemon.await_output("FAIL: closed address from=127.0.0.1");
    daemon.stop();
    CHECK(gauge.entered == 0);
}

TEST_CASE("tcpmux: who waits at a limit is served when a reload makes room") {
    const auto configuration = [](const char* serve) {
        return std::string("{mux} stream tcp4 nowait {user} internal tcpmux\n") +
               "tcpmux/held stream tcp " + serve + " {user} {probe} probe hold {dir}/gauge\n";
    };
    DaemonUnderTest daemon(configuration("nowait/1"));
    Gauge::create(daemon.file("gauge"));
    const std::uint16_t mux = daemon.port("mux");
    Client first(mux), second(mux);
    first.send("held\r\n");
    CHECK(first.line() == "held\n");
    second.send("held\r\n");
    CHECK(Client(mux).ask("help\r\n") == "held\r\n");
    daemon.await_loop();
    daemon.reload(configuration("nowait/2"));
    CHECK(second.line() == "held\n");
}

TEST_CASE("a server that is killed gives its place in the limits back") {
    DaemonUnderTest daemon(R"(
{pool} stream tcp4 prefork {user} internal echo
[{pool}]
instances = 2
)");
    Client first(daemon.port("pool")), second(daemon.port("pool"));
    for (Client* client : {&first, &second}) {
        client->send("x\n");
        CHECK(client->line() == "x\n");
    }
    CHECK(Client(daemon.port("pool")).ask("x") == "");
    for (const ProcessView& process : descendants(daemon.pid()))
        if (descendants(process.pid).empty()) kill(process.pid, SIGKILL);
    CHECK(first.rest() == "");
    CHECK(second.rest() == "");
    bool served = false;
    for (int tries = 0; tries < 100'000 && !served; ++tries)
        served = Client(daemon.port("pool")).ask("x") == "x";
    CHECK(served);
}

TEST_SUITE_END();
