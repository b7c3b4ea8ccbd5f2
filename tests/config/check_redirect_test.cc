// SPDX-License-Identifier: ISC
// What `--check` says of connections that are forwarded: to where nothing leads, and to nowhere.
#include <doctest/doctest.h>

#include "tests/config/reading.h"

using namespace minetd;
using namespace minetd::testing;

TEST_SUITE("config") {
    TEST_CASE("a redirect is a destination, in the line or in its section") {
        const struct {
            const char* text;
            Redirect redirect;
        } cases[] = {
            {"7000 stream tcp event nobody internal redirect 192.0.2.1 80\n",
             {.host = "192.0.2.1", .port = "80"}},
            {"[7000]\nsocket_type = stream\nprotocol = tcp\nserve = worker\nuser = nobody\n"
             "redirect = 2001:db8::1 http\nredirect_source = 2001:db8::2\nredirect_timeout = 3\n",
             {.host = "2001:db8::1",
              .port = "http",
              .source = "2001:db8::2",
              .connect_timeout = 3}},
            // The same port is another one on another host.
            {"7000 stream tcp nowait nobody internal redirect 192.0.2.1 7000\n",
             {.host = "192.0.2.1", .port = "7000"}},
            {"192.0.2.1:7000 stream tcp nowait nobody internal redirect 127.0.0.1 7000\n",
             {.host = "127.0.0.1", .port = "7000"}},
        };
        for (const auto& row : cases) {
            CAPTURE(std::string(row.text));
            const Reading reading = read(row.text);
            CAPTURE(reading.said());
            CHECK(reading.said().empty());
            REQUIRE(reading.configuration.services.size() == 1);
            CHECK(reading.configuration.services[0]->redirect == row.redirect);
            CHECK(read(dump(reading.configuration)).configuration == reading.configuration);
        }
    }

    TEST_CASE("a destination that cannot be one is told with line and advice") {
        const char* const line = "7000 stream tcp event nobody internal redirect";
        const struct {
            std::string text;
            const char* complaint;
            bool error;
        } cases[] = {
            {line + std::string("\n"), "nothing says where this is to be forwarded to", true},
            {line + std::string(" 192.0.2.1 nosuchservice\n"),
             "there is no service `nosuchservice` for tcp in services(5)", true},
            {line + std::string(" 192.0.2.1 80 fast\n"), "a host and a port, and no more", true},
            {line + std::string(" 192.0.2.1\n"), "a host and a port, and no more", true},
            {line + std::string(" 127.0.0.1 7000\n"), "would be forwarded to itself", true},
            {line + std::string(" localhost 7000\n"), "would be forwarded to itself", true},
            {"127.0.0.2:" + std::string(line) + " 127.0.0.2 7000\n", "forwarded to itself", true},
            {line + std::string(" 192.0.2.1 80\n[7000]\nredirect_source = here\n"),
             "`here` is not an address", true},
            {line + std::string(" 192.0.2.1 80\n[7000]\nredirect_source = ::1\n"),
             "no connection leads from ::1 to 192.0.2.1", true},
            {"7000 stream tcp wait nobody internal redirect 192.0.2.1 80\n",
             "what is forwarded is served connection by connection", true},
            {"7000 stream tcp nowait nobody /bin/cat\n[7000]\nredirect = 192.0.2.1 80\n",
             "this service is forwarded, and has the program /bin/cat", true},
            {"7000 stream tcp nowait nobody internal echo\n[7000]\nredirect = 192.0.2.1 80\n",
             "this service is forwarded, and has the builtin echo", true},
            {"7000 stream tcp nowait nobody /bin/cat\n[7000]\nredirect_timeout = 3\n",
             "redirect_timeout has no effect without redirect", false},
            {"7000 stream tcp nowait nobody /bin/cat\n[7000]\nproxy_protocol = v1\n",
             "proxy_protocol has no effect without redirect", false},
        };
        for (const auto& row : cases) {
            CAPTURE(row.text);
            const Reading reading = read(row.text);
            CAPTURE(reading.said());
            CHECK(reading.said().find(row.complaint) != std::string::npos);
            CHECK(reading.configuration.services.size() == (row.error ? 0 : 1));
        }
    }

    TEST_CASE("intercept is for what a `wait` program takes itself, from peers with addresses") {
        const struct {
            const char *line, *settings, *complaint;
            bool intercept;
            unsigned idle_timeout;
        } cases[] = {
            {"7000 stream tcp wait nobody /bin/cat", "", "", true, 0},
            {"7000 dgram udp wait nobody /bin/cat", "", "", true, 60},
            {"7000 dgram udp6 wait nobody /bin/cat", "idle_timeout = 5\n", "", true, 5},
            {"7000 stream tcp4 wait nobody /bin/cat", "idle_timeout = 5\n", "", true, 5},
            {"7000 dgram udp wait nobody /bin/cat", "idle_timeout = 0\n",
             "it is forgotten after 60 s of silence", true, 60},
            {"7000 stream tcp nowait nobody /bin/cat", "",
             "nothing is intercepted: each connection is asked about anyway", false, 300},
            {"7000 stream tcp prefork nobody /bin/cat", "", "nothing is intercepted", false, 300},
            {"7000 dgram udp wait nobody internal echo", "",
             "nothing is intercepted: the builtin is asked", false, 300},
            {"/run/x stream unix wait nobody /bin/cat", "",
             "nothing is intercepted: a unix socket's peers are not known by their addresses",
             false, 300},
        };
        for (const auto& row : cases) {
            CAPTURE(std::string(row.line));
            const std::string line = row.line, name = line.substr(0, line.find(' '));
            const Reading reading =
                read(line + "\n[" + name + "]\nintercept = yes\n" + row.settings);
            const std::string said = reading.said();
            CAPTURE(said);
            CHECK(said.empty() == std::string(row.complaint).empty());
            CHECK(said.find(row.complaint) != std::string::npos);
            REQUIRE(reading.configuration.services.size() == 1);
            const ServiceSpec& spec = *reading.configuration.services[0];
            CHECK(spec.intercept == row.intercept);
            CHECK(spec.idle_timeout == row.idle_timeout);
            CHECK(read(dump(reading.configuration)).configuration == reading.configuration);
        }
    }

    TEST_CASE("intercept in [defaults] is for whom it is for, without a word") {
        const Reading reading = read(
            "7000 stream tcp wait nobody /bin/cat\n7001 stream tcp nowait nobody /bin/cat\n"
            "[defaults]\nintercept = yes\n");
        CHECK(reading.said().empty());
        REQUIRE(reading.configuration.services.size() == 2);
        CHECK(reading.configuration.services[0]->intercept);
        CHECK_FALSE(reading.configuration.services[1]->intercept);
    }
}
