// SPDX-License-Identifier: ISC
// Listeners: both families, one socket for both, several addresses, unix sockets of every type, and
// an address that is taken.
#include <doctest/doctest.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>

#include <string>

#include "tests/integration/client.h"
#include "tests/integration/daemon_under_test.h"
#include "tests/integration/free_port.h"

using namespace minetd;

namespace {

std::string peer_line(Client& client) {
    const std::string text = client.rest();
    const std::size_t at = text.find("\npeer=");
    if (at == std::string::npos) return {};
    const std::string line = text.substr(at + 6, text.find('\n', at + 1) - at - 6);
    return line.substr(0, line.rfind(':'));
}

}  // namespace

TEST_SUITE_BEGIN("sockets");

TEST_CASE("families: who is heard where, and under which address") {
    DaemonUnderTest daemon(R"(
{both}  stream tcp   nowait {user} {probe} probe report
{four}  stream tcp4  nowait {user} {probe} probe report
{six}   stream tcp6  nowait {user} {probe} probe report
{dual}  stream tcp46 nowait {user} {probe} probe report
127.0.0.1,[::1]:{list} stream tcp nowait {user} {probe} probe report
[::1]:{bracket} stream tcp6 nowait {user} {probe} probe report
127.0.0.2:{other} stream tcp nowait {user} {probe} probe report
)");
    const struct {
        const char *port, *host, *peer;  // an empty peer: refused
    } table[] = {
        {"both", "127.0.0.1", "127.0.0.1"},
        {"both", "::1", "[::1]"},
        {"four", "127.0.0.1", "127.0.0.1"},
        {"four", "::1", ""},
        {"six", "127.0.0.1", ""},
        {"six", "::1", "[::1]"},
        {"dual", "127.0.0.1", "127.0.0.1"},
        {"dual", "::1", "[::1]"},
        {"list", "127.0.0.1", "127.0.0.1"},
        {"list", "::1", "[::1]"},
        {"bracket", "::1", "[::1]"},
        {"bracket", "127.0.0.1", ""},
        {"other", "127.0.0.2", "127.0.0.1"},
        {"other", "127.0.0.1", ""},
    };
    for (const auto& row : table) {
        CAPTURE(std::string(row.port));
        CAPTURE(std::string(row.host));
        Client client(address_of(row.host, daemon.port(row.port)));
        CHECK((client.end() == Client::End::refused) == (*row.peer == '\0'));
        CHECK(peer_line(client) == row.peer);
    }
}

TEST_CASE("unix sockets: stream, seqpacket and dgram, with their owner and mode") {
    DaemonUnderTest daemon(R"(
:{user}::0600:{dir}/stream  stream    unix nowait  {user} {probe} probe answer
{dir}/open                  stream    unix prefork {user} {probe} probe answer
{dir}/packets               seqpacket unix nowait  {user} {probe} probe answer
{dir}/datagrams             dgram     unix wait    {user} {probe} probe receive 1
{dir}/builtin               stream    unix nowait  {user} internal echo
)");
    struct stat status {};
    REQUIRE(stat(daemon.file("stream").c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0600);
    CHECK(status.st_uid == test_uid());
    REQUIRE(stat(daemon.file("open").c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0666);

    for (const char* name : {"stream", "open", "builtin"}) {
        CAPTURE(std::string(name));
        CHECK(Client(address_of_path(daemon.file(name))).ask("over a path\n") == "over a path\n");
    }
    Client packets(address_of_path(daemon.file("packets")), SOCK_SEQPACKET);
    packets.send("\n");
    CHECK(packets.receive() == "\n");
    for (int round = 0; round < 3; ++round) {
        Client datagrams(address_of_path(daemon.file("datagrams")), SOCK_DGRAM);
        datagrams.send("hello");
        const std::string reply = datagrams.receive();
        CHECK(reply.substr(reply.find(' ') + 1) == "hello");
    }
    CHECK(daemon.stop() == 0);
    // What was made is taken away; the other files stay.
    for (const char* name : {"stream", "open", "packets", "datagrams", "builtin"}) {
        CAPTURE(std::string(name));
        CHECK(stat(daemon.file(name).c_str(), &status) != 0);
    }
}

TEST_CASE("a path that holds something else is not removed, and the other services run") {
    DaemonUnderTest daemon("{good} stream tcp4 nowait {user} {probe} probe answer\n");
    write_file(daemon.file("precious"), "data");
    daemon.reload(R"(
{good} stream tcp4 nowait {user} {probe} probe answer
{dir}/precious stream unix nowait {user} {probe} probe answer
)");
    daemon.await_output(daemon.file("precious"));
    CHECK(read_file(daemon.file("precious")) == "data");
    CHECK(Client(daemon.port("good")).ask("here\n") == "here\n");
}

TEST_CASE("a port that is taken is told and taken later; the others work meanwhile") {
    const std::uint16_t port = free_port();
    UniqueFd squatter(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const SocketAddress taken = address_of("127.0.0.1", port);
    REQUIRE(bind(squatter.get(), taken.raw(), taken.length) == 0);
    REQUIRE(listen(squatter.get(), 1) == 0);
    DaemonUnderTest daemon("127.0.0.1:" + std::to_string(port) +
                           " stream tcp4 nowait {user} {probe} probe answer\n"
                           "{good} stream tcp4 nowait {user} {probe} probe answer\n");
    daemon.await_output("cannot listen on 127.0.0.1:" + std::to_string(port));
    CHECK(Client(daemon.port("good")).ask("here\n") == "here\n");
    squatter.reset();
    // The success is announced; no more than that is known about its moment.
    daemon.await_output("listens on 127.0.0.1:" + std::to_string(port));
    CHECK(Client(port).ask("late\n") == "late\n");
}

TEST_CASE("datagrams: builtins answer from the address that was asked") {
    DaemonUnderTest daemon(R"(
{echo} dgram udp  wait   {user} internal echo
{time} dgram udp4 nowait {user} internal time
[defaults]
udp_guard = local
)");
    for (const char* host : {"127.0.0.1", "127.0.0.5", "::1"}) {
        CAPTURE(std::string(host));
        // A connected socket hears only the address it asked.
        Client client(address_of(host, daemon.port("echo")), SOCK_DGRAM);
        for (const std::size_t size : {std::size_t{1}, std::size_t{0}, std::size_t{60'000}}) {
            CAPTURE(size);
            const std::string payload(size, 'x');
            REQUIRE(send(client.fd(), payload.data(), payload.size(), 0) ==
                    static_cast<ssize_t>(size));
            CHECK(client.receive() == payload);
        }
    }
    Client clock(address_of("127.0.0.1", daemon.port("time")), SOCK_DGRAM);
    REQUIRE(send(clock.fd(), "", 0, 0) == 0);
    CHECK(clock.receive().size() == 4);
}

TEST_SUITE_END();
