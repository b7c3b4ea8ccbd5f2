// SPDX-License-Identifier: ISC
// Who is at the other end, as its ident daemon (RFC 1413) tells; that is the test's own.
#include <doctest/doctest.h>

#include <string>

#include "tests/integration/at_once.h"
#include "tests/integration/client.h"
#include "tests/integration/daemon_under_test.h"
#include "tests/integration/fake_ident_daemon.h"
#include "tests/integration/inquiring.h"
#include "tests/integration/own_network.h"

using namespace minetd;

TEST_SUITE_BEGIN("inquiry");

TEST_CASE("USERID is recorded without delay, for those who are served and for those who are not") {
    in_own_network(no_dns, [] {
        FakeIdentDaemon ident("127.0.0.1", "USERID : UNIX : joe\x02");
        for (const EchoWay& way : echo_ways) {
            CAPTURE(std::string(way.serve) + " " + way.program);
            DaemonUnderTest daemon(echo(way,
                                        "log_on_success = HOST USERID\n"
                                        "log_on_failure = HOST USERID\ninstances = 1\n"));
            const auto port = daemon.port("echo");
            ident.hold();
            Client client(port);
            CHECK(client.say("hello") == "hello\n");
            daemon.await_output("START: echo");
            CHECK(daemon.lines_with("USERID: ") == 0);
            const std::string ports =
                std::to_string(ntohs(local_address(client.fd()).v4.sin_port)) + "," +
                std::to_string(port);
            ident.release();
            daemon.await_lines("USERID: echo UNIX : joe\\x02", 1);
            CHECK(ident.last_query() == ports);
            Client refused(port);
            CHECK(refused.rest() == "");
            daemon.await_lines("USERID: echo UNIX : joe\\x02", 2);
            client.close();
        }
    });
}

TEST_CASE("nobody listens on port 113: sessions do not notice, and the record is silent") {
    in_own_network(no_dns, [] {
        for (const EchoWay& way : echo_ways) {
            CAPTURE(std::string(way.serve) + " " + way.program);
            DaemonUnderTest daemon(echo(way, "log_on_success = HOST USERID\n"));
            const auto port = daemon.port("echo");
            for (int i = 0; i < 5; ++i) CHECK(is_served(client_from("127.0.0.2", port)));
            daemon.await_lines("START: echo", 5);
            CHECK(daemon.lines_with("ID: ") == 0);
        }
    });
}

TEST_CASE("ident_only: whoever is not identified is refused") {
    in_own_network(no_dns, [] {
        FakeIdentDaemon ident("127.0.0.1", "USERID : UNIX : joe");
        for (const EchoWay& way : echo_ways) {
            CAPTURE(std::string(way.serve) + " " + way.program);
            DaemonUnderTest daemon(
                echo(way, "log_on_success = HOST USERID\nident_only = yes\nident_timeout = 20\n"));
            const auto port = daemon.port("echo");
            ident.set_answer("USERID : UNIX : joe");
            CHECK(is_served(client_from("127.0.0.1", port)));
            daemon.await_output("USERID: echo UNIX : joe");
            daemon.await_output("START: echo from=127.0.0.1");
            ident.set_answer("ERROR : NO-USER");
            CHECK_FALSE(is_served(client_from("127.0.0.1", port)));
            daemon.await_output("NOID: echo 127.0.0.1 bad response");
            daemon.await_output("FAIL: echo ident from=127.0.0.1");
            CHECK_FALSE(is_served(client_from("127.0.0.2", port)));
            daemon.await_output("NOID: echo 127.0.0.2 no server");
            CHECK(daemon.lines_with("START: ") == 1);
        }
    });
}

TEST_CASE("ident_only has a time limit") {
    in_own_network(no_dns, [] {
        FakeIdentDaemon ident("127.0.0.1", "USERID : UNIX : joe");
        ident.hold();
        at_once(echo_ways, [](const EchoWay& way) {
            CAPTURE(std::string(way.serve) + " " + way.program);
            DaemonUnderTest daemon(
                echo(way, "log_on_failure = HOST USERID\nident_only = yes\nident_timeout = 1\n"));
            Client client(daemon.port("echo"));
            CHECK(client.rest() == "");
            daemon.await_output("NOID: echo 127.0.0.1 timeout");
            daemon.await_output("FAIL: echo ident from=127.0.0.1");
        });
    });
}

TEST_CASE("ident over IPv6, and of an IPv4 peer behind an IPv6 socket") {
    in_own_network(no_dns, [] {
        FakeIdentDaemon four("127.0.0.1", "USERID : UNIX : four");
        FakeIdentDaemon six("::1", "USERID : UNIX : six");
        for (const EchoWay& way : echo_ways) {
            CAPTURE(std::string(way.serve) + " " + way.program);
            DaemonUnderTest daemon(
                echo(way, "log_on_success = HOST USERID\nident_only = yes\n", "tcp46"));
            const auto port = daemon.port("echo");
            Client six_client(address_of("::1", port));
            CHECK(six_client.say("hello") == "hello\n");
            daemon.await_output("USERID: echo UNIX : six");
            CHECK(is_served(client_from("127.0.0.1", port)));
            daemon.await_output("USERID: echo UNIX : four");
        }
    });
}

TEST_SUITE_END();
