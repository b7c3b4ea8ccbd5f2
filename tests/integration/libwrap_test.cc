// SPDX-License-Identifier: ISC
// hosts.allow(5) and hosts.deny(5), the test's own, in every way of serving.
#include "daemon/os/libwrap.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>
#include <string>

#include "tests/integration/client.h"
#include "tests/integration/daemon_under_test.h"
#include "tests/integration/inquiring.h"
#include "tests/integration/lacks.h"
#include "tests/integration/own_network.h"

using namespace minetd;

TEST_SUITE_BEGIN("inquiry");

TEST_CASE("hosts.allow and hosts.deny, as they are at that moment") {
    if (lacks(libwrap::available(), "libwrap")) return;
    in_own_network(wrapped("catd: 127.0.0.9, friend.example.org\n", "catd: ALL\nother: ALL\n"), [] {
        for (const EchoWay& way : echo_ways) {
            CAPTURE(std::string(way.serve) + " " + way.program);
            DaemonUnderTest daemon(echo(way, "libwrap = catd\n"));
            const auto port = daemon.port("echo");
            CHECK(is_served(client_from("127.0.0.9", port)));
            CHECK(is_served(client_from("127.0.0.2", port)));
            CHECK_FALSE(is_served(client_from("127.0.0.3", port)));
            daemon.await_output("FAIL: echo libwrap from=127.0.0.3");
            write_etc("hosts.deny", "other: ALL\n");
            CHECK(is_served(client_from("127.0.0.3", port)));
            write_etc("hosts.deny", "ALL: .example.net\n");
            CHECK_FALSE(is_served(client_from("127.0.0.3", port)));
            CHECK(is_served(client_from("127.0.0.4", port)));
            write_etc("hosts.deny", "catd: ALL\nother: ALL\n");
        }
    });
}

TEST_CASE("what the files would have done is not done: a spawn does not run, a twist refuses") {
    if (lacks(libwrap::available(), "libwrap")) return;
    in_own_network(wrapped("", ""), [] {
        DaemonUnderTest daemon(echo(echo_ways[0], "libwrap = catd\n"));
        const auto port = daemon.port("echo");
        const std::string mark = daemon.file("mark");
        write_etc("hosts.allow", "catd: ALL: spawn (/usr/bin/touch " + mark + ")\n");
        CHECK(is_served(client_from("127.0.0.2", port)));
        write_etc("hosts.allow", "catd: ALL: twist /bin/echo twisted\n");
        Client twisted = client_from("127.0.0.2", port);
        CHECK(twisted.rest() == "");
        daemon.await_output("FAIL: echo libwrap from=127.0.0.2");
        CHECK(::access(mark.c_str(), F_OK) != 0);
        // A file that is there and says nothing to us could say anything.
        write_etc("hosts.allow", "catd: ALL\n");
        CHECK(is_served(client_from("127.0.0.2", port)));
        REQUIRE(::chmod("/etc/hosts.deny", 0) == 0);
        CHECK_FALSE(is_served(client_from("127.0.0.2", port)));
    });
}

TEST_CASE("files that the rules name are not overlooked because they cannot be read") {
    if (lacks(libwrap::available(), "libwrap")) return;
    auto files = wrapped("", "catd: /etc/hosts.banned\nother: /etc/hosts.secret\n");
    files["hosts.banned"] = "127.0.0.3\n";
    files["hosts.secret"] = "127.0.0.2\n";
    in_own_network(files, [] {
        REQUIRE(::chmod("/etc/hosts.secret", 0) == 0);
        DaemonUnderTest daemon(echo(echo_ways[0], "libwrap = catd\n"));
        const auto port = daemon.port("echo");
        CHECK(is_served(client_from("127.0.0.2", port)));
        CHECK_FALSE(is_served(client_from("127.0.0.3", port)));
        REQUIRE(::chmod("/etc/hosts.banned", 0) == 0);
        for (const char* client : {"127.0.0.2", "127.0.0.3"})
            CHECK_FALSE(is_served(client_from(client, port)));
        daemon.await_output("libwrap refuses everybody: its decision takes in /etc/hosts.banned");
        CHECK(daemon.lines_with("libwrap refuses everybody") == 1);
        REQUIRE(::chmod("/etc/hosts.banned", 0644) == 0);
        CHECK(is_served(client_from("127.0.0.2", port)));
        CHECK_FALSE(is_served(client_from("127.0.0.3", port)));
    });
}

TEST_SUITE_END();
