// SPDX-License-Identifier: ISC
// What users of xinetd complained about most, each with a file of xinetd's as they had it, or with
// the attribute of minetd's own in it that is the answer. Two of the list are elsewhere: programs
// that never take their datagram (wait_test), and the source address of forwarded connections
// (redirect_test).
#include <doctest/doctest.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <string>
#include <vector>

#include "daemon/os/rpcbind.h"
#include "tests/integration/client.h"
#include "tests/integration/daemon_under_test.h"
#include "tests/integration/gauge.h"
#include "tests/integration/lacks.h"
#include "tests/integration/own_network.h"

using namespace minetd;

namespace {

const std::string answer = "server = {probe}\nserver_args = answer\n";

std::string entry(const std::string& name, const std::string& attributes) {
    return "service " + name + "\n{\ntype = UNLISTED\nport = {" + name +
           "}\nsocket_type = stream\nwait = no\nuser = {user}\n" + attributes + "}\n";
}

std::string ask(const std::string& from, std::uint16_t port) {
    return Client(address_of("127.0.0.1", port), SOCK_STREAM, address_of(from, 0)).ask("x\n");
}

/// An address for an interface that has another one already.
void add_address(const char* label, const char* host) {
    const UniqueFd any(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq request{};
    std::string(label).copy(request.ifr_name, sizeof request.ifr_name - 1);
    const SocketAddress address = address_of(host, 0);
    std::memcpy(&request.ifr_addr, &address.v4, sizeof address.v4);
    REQUIRE(::ioctl(any.get(), SIOCSIFADDR, &request) == 0);
}

/// Processor time that a process's children took which have ended, in ticks.
long ticks_of_children(pid_t pid) {
    const std::string text = read_file("/proc/" + std::to_string(pid) + "/stat");
    long user = -1, system = -1;
    std::sscanf(text.c_str() + text.rfind(')') + 1,
                " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %ld %ld", &user, &system);
    return user + system;
}

/// What it takes to close so many descriptors one by one, in ticks.
long ticks_to_close(unsigned descriptors) {
    const pid_t child = ::fork();
    if (child == 0) {
        for (unsigned fd = 3; fd < descriptors; ++fd) ::close(static_cast<int>(fd));
        ::_exit(0);
    }
    int status = -1;
    rusage used{};
    REQUIRE(::wait4(child, &status, 0, &used) == child);
    const auto milliseconds = [](const timeval& time) {
        return time.tv_sec * 1000 + time.tv_usec / 1000;
    };
    return (milliseconds(used.ru_utime) + milliseconds(used.ru_stime)) * ::sysconf(_SC_CLK_TCK) /
           1000;
}

/// The exit status of `minetd --check` for a file.
int check_status(const std::string& file) {
    const pid_t child = ::fork();
    if (child == 0) {
        const std::string binary = from_environment("MINETD");
        ::execl(binary.c_str(), "minetd", "--check", "--config", file.c_str(), nullptr);
        ::_exit(127);
    }
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_SUITE_BEGIN("complaints");

TEST_CASE("1: cps turns one client's burst into an outage for everybody") {
    DaemonUnderTest daemon(entry("line", answer + "rate = 3/d\n"));
    int served = 0;
    for (int i = 0; i < 100; ++i) served += ask("127.0.0.2", daemon.port("line")) == "x\n";
    CHECK(served == 3);
    for (int i = 0; i < 3; ++i) CHECK(ask("127.0.0.3", daemon.port("line")) == "x\n");
}

TEST_CASE("2: instances is wrong after the pause of cps") {
    DaemonUnderTest daemon(entry("held",
                                 "server = {probe}\nserver_args = hold {dir}/gauge\n"
                                 "instances = 4\ncps = 2 1\nlog_type = FILE {dir}/log\n"
                                 "log_on_failure = HOST\n"));
    const Gauge& gauge = Gauge::create(daemon.file("gauge"));
    std::deque<Client> inside;
    const auto crowd = [&] {
        std::deque<Client> clients;
        for (int i = 0; i < 10; ++i) clients.emplace_back(daemon.port("held"));
        for (Client& client : clients)
            if (client.line() == "held\n") inside.push_back(std::move(client));
    };
    const auto fill = [&] {
        for (int i = 0; i < 1000 && inside.size() < 4; ++i) {
            crowd();
            ::usleep(10'000);
        }
        CHECK(inside.size() == 4);
    };
    fill();
    CHECK(read_file(daemon.file("log")).find("connections per second") != std::string::npos);
    // When the pause is over, however long that takes, instances refuses again.
    const auto refused = [&] {
        return read_file(daemon.file("log")).find("service_limit") != std::string::npos;
    };
    for (int i = 0; i < 3000 && !refused(); ++i) {
        crowd();
        ::usleep(10'000);
    }
    CHECK(refused());
    CHECK(inside.size() == 4);
    inside.erase(inside.begin(), inside.begin() + 2);
    fill();
    CHECK(gauge.most == 4);
}

TEST_CASE("3: whoever is over the limit is told nothing") {
    const TemporaryDirectory directory;
    write_file(directory.path() + "/busy", "come again later\n");
    DaemonUnderTest daemon(entry("held",
                                 "server = {probe}\nserver_args = hold {dir}/gauge\n"
                                 "instances = 1\nbanner_fail = " +
                                     directory.path() + "/busy\n"));
    Gauge::create(daemon.file("gauge"));
    Client first(daemon.port("held"));
    CHECK(first.line() == "held\n");
    CHECK(Client(daemon.port("held")).rest() == "come again later\n");
}

TEST_CASE("4: an address that is not there yet when the machine starts is never listened on") {
    in_own_network({}, [] {
        DaemonUnderTest daemon(entry("late", answer + "bind = 192.0.2.7\n") +
                               entry("good", answer));
        const std::string where = "192.0.2.7:" + std::to_string(daemon.port("late"));
        daemon.await_output("cannot listen on " + where);
        CHECK(Client(daemon.port("good")).ask("here\n") == "here\n");
        add_address("lo:1", "192.0.2.7");
        daemon.await_output("listens on " + where);
        CHECK(Client(address_of("192.0.2.7", daemon.port("late"))).ask("late\n") == "late\n");
    });
}

TEST_CASE("5: without a flag it listens only on IPv6, and IPv4 clients are called ::ffff:") {
    // In the environment and the records that form stays, but programs have sockets of IPv4, rules
    // about IPv4 hold, and minetd.conf's `tcp` is without it.
    const char* const report = "server = {probe}\nserver_args = report\n";
    DaemonUnderTest old(entry("both", report + std::string("only_from = 127.0.0.1 ::1\n")));
    DaemonUnderTest daemon("{both} stream tcp nowait {user} {probe} probe report\n");
    for (const std::string host : {"127.0.0.1", "::1"}) {
        CAPTURE(host);
        const std::string seen = host == "::1" ? "[::1]" : host;
        CHECK(Client(address_of(host, old.port("both"))).rest().find("\npeer=" + seen + ":") !=
              std::string::npos);
        CHECK(Client(address_of(host, daemon.port("both")))
                  .rest()
                  .find("\nenv REMOTE_HOST=" + host + "\n") != std::string::npos);
    }
    CHECK(Client(address_of("127.0.0.1", old.port("both")), SOCK_STREAM, address_of("127.0.0.2", 0))
              .rest()
              .empty());
}

TEST_CASE("6: a missing blank loses the entry, half the file is served, and nothing says so") {
    std::string text = entry("dense", answer);
    for (std::size_t at; (at = text.find(" = ")) != text.npos;) text.replace(at, 3, "=");
    DaemonUnderTest daemon(text);
    CHECK(Client(daemon.port("dense")).ask("here\n") == "here\n");
    CHECK(check_status(daemon.file("minetd.conf")) == 0);
    write_file(daemon.file("bad"),
               daemon.expand(text + entry("broken", answer + "instances = several\n")));
    CHECK(check_status(daemon.file("bad")) == 78);
}

TEST_CASE("7: what a program says on standard error corrupts the client's protocol") {
    DaemonUnderTest daemon(entry("loud",
                                 "server = {probe}\nserver_args = complain\nstderr = log\n"
                                 "log_type = FILE /dev/stdout\n"));
    CHECK(Client(daemon.port("loud")).ask("").empty());
    daemon.await_lines("a complaint", 1);
}

TEST_CASE("8: records for a container's output need a detour") {
    DaemonUnderTest daemon(
        entry("line", answer + "log_type = FILE /dev/stdout\nlog_on_success = HOST EXIT\n"));
    CHECK(Client(daemon.port("line")).ask("x\n") == "x\n");
    daemon.await_output("START: line from=");
    daemon.await_output("EXIT: line status=0");
}

TEST_CASE("9: with a huge limit of descriptors each start closes a million of them") {
    rlimit limit{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
    const bool raised = ::geteuid() == 0;
    const auto descriptors = raised ? 1U << 20 : static_cast<unsigned>(limit.rlim_max);
    if (descriptors < 1U << 18) {
        MESSAGE("skipped: no more than ", descriptors, " descriptors here");
        return;
    }
    DaemonUnderTest daemon(entry("line", answer), {.descriptors = descriptors});
    constexpr int starts = 30;
    for (int i = 0; i < starts; ++i) CHECK(Client(daemon.port("line")).ask("x\n") == "x\n");
    // Each would take as long as it takes here, or a multiple.
    CHECK(ticks_of_children(daemon.pid()) < starts * ticks_to_close(descriptors) / 2);
}

TEST_CASE("10: after a reload in the foreground a relative -f names another file, or none") {
    const TemporaryDirectory directory;
    const std::string script = directory.path() + "/start";
    write_file(script, "#!/bin/sh\ncd \"${3%/*}\" && exec \"$MINETD\" -dontfork -f minetd.conf\n");
    REQUIRE(::chmod(script.c_str(), 0755) == 0);
    DaemonUnderTest daemon(entry("one", answer), {.binary = script});
    CHECK(Client(daemon.port("one")).ask("x\n") == "x\n");
    for (int round = 0; round < 2; ++round) {
        const std::string next = round == 0 ? "two" : "one";
        CHECK(daemon.reload(entry(next, answer)).rfind("reloaded: ", 0) == 0);
        CHECK(Client(daemon.port(next)).ask("x\n") == "x\n");
        CHECK(Client(daemon.port(round == 0 ? "one" : "two")).end() == Client::End::refused);
    }
}

TEST_CASE("11: an RPC service cannot have the port that the firewall lets through") {
    if (lacks(rpcbind::available(), "libtirpc")) return;
    // Whether rpcbind is there or not; that it is told of this port is rpc_test's.
    in_own_network({}, [] {
        DaemonUnderTest daemon(
            "service own\n{\ntype = RPC UNLISTED\nrpc_number = 536870999\nrpc_version = 1\n"
            "port = {own}\nsocket_type = stream\nprotocol = tcp\nwait = no\nuser = {user}\n" +
            answer + "}\n");
        CHECK(Client(daemon.port("own")).ask("x\n") == "x\n");
    });
}

TEST_CASE("12: a program is not told its client's port, nor our own address") {
    DaemonUnderTest daemon(entry("line", "server = {probe}\nserver_args = report\nflags = IPv4\n"));
    Client client(address_of("127.0.0.5", daemon.port("line")));
    SocketAddress own;
    own.length = SocketAddress::capacity;
    REQUIRE(::getsockname(client.fd(), own.raw(), &own.length) == 0);
    const std::string report = client.rest();
    for (const std::string& variable :
         {"REMOTE_PORT=" + std::to_string(own.port()), std::string("TCPLOCALIP=127.0.0.5"),
          "TCPLOCALPORT=" + std::to_string(daemon.port("line"))}) {
        CAPTURE(variable);
        CHECK(report.find("\nenv " + variable + "\n") != std::string::npos);
    }
}

TEST_SUITE_END();
