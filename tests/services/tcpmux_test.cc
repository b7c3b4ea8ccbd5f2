// SPDX-License-Identifier: ISC
#include <doctest/doctest.h>

#include <string>

#include "services/builtins.h"
#include "services/service_context.h"
#include "tests/services/fake_driver.h"

using namespace minetd;

namespace {

const ServiceContext context = {
    .service = "tcpmux",
    .arguments = {},
    .mux_names = {"finger", "Tap.IO", "a", std::string(256, 'n')},
    .own_udp_ports = {},
};

constexpr std::string_view unavailable = "-Service not available\r\n";
constexpr std::string_view too_long = "-Service name too long\r\n";

}  // namespace

TEST_SUITE("services") {
    TEST_CASE("tcpmux: a name is passed on, or refused and the connection closed") {
        const std::string longest(256, 'n');
        const struct {
            std::string said;
            std::string_view passed;  // as the table spells it
            std::string_view answer;
            std::string_view left;  // for the service that was named
        } cases[] = {
            {"finger\r\n", "finger", "", ""},
            {"finger\n", "finger", "", ""},
            {"FINGER\r\n", "finger", "", ""},
            {"tap.io\r\n", "Tap.IO", "", ""},
            {"a\r\n", "a", "", ""},
            {longest + "\r\n", longest, "", ""},
            {longest + "\n", longest, "", ""},
            {"finger\r\nroot\r\n", "finger", "", "root\r\n"},
            {"finger\nroot\nmore\n", "finger", "", "root\nmore\n"},
            {"finger\r\n\r\n\r\n", "finger", "", "\r\n\r\n"},
            {"fingers\r\n", "", unavailable, ""},
            {"finge\r\n", "", unavailable, ""},
            {" finger\r\n", "", unavailable, ""},
            {"finger \r\n", "", unavailable, ""},
            {"finger\r\r\n", "", unavailable, ""},
            {"fin\rger\r\n", "", unavailable, ""},
            {std::string("finger\0\r\n", 9), "", unavailable, ""},
            {std::string("\0\r\n", 3), "", unavailable, ""},
            {"\r\n", "", unavailable, ""},
            {"\n", "", unavailable, ""},
            {"tcpmux\r\n", "", unavailable, ""},
            {"HELP me\r\n", "", unavailable, ""},
            {longest + "n\r\n", "", too_long, ""},
            {longest + "n\n", "", too_long, ""},
            {std::string(257, 'n'), "", "", ""},  // a CR may be the last of them
            {std::string(258, 'n'), "", too_long, ""},
            {std::string(70'000, 'n'), "", too_long, std::string_view()},
        };
        for (const auto& c : cases)
            for (const std::size_t read_size : {std::size_t{1}, FakeDriver::unlimited}) {
                CAPTURE(c.said);
                CAPTURE(read_size);
                const auto tcpmux = make_tcpmux(context);
                FakeDriver client(*tcpmux, {.read_size = read_size});
                client.send(c.said);
                CHECK(client.connection().passed_to() == c.passed);
                CHECK(client.received() == c.answer);
                CHECK(client.closed() == (!c.passed.empty() || !c.answer.empty()));
                if (c.answer != too_long) CHECK(client.unread() == c.left);
                CHECK(client.connection().input().empty());
            }
    }

    TEST_CASE("tcpmux: HELP lists the names, one per line and nothing else, then the end") {
        const auto tcpmux = make_tcpmux(context);
        for (const std::string_view said : {"HELP\r\n", "help\n", "Help\r\n"}) {
            CAPTURE(said);
            FakeDriver client(*tcpmux);
            client.send(said);
            CHECK(client.received() ==
                  "finger\r\nTap.IO\r\na\r\n" + std::string(256, 'n') + "\r\n");
            CHECK(client.closed());
            CHECK(client.connection().passed_to().empty());
        }
        const ServiceContext nothing;
        const auto empty = make_tcpmux(nothing);
        FakeDriver client(*empty);
        client.send("HELP\r\n");
        CHECK(client.received().empty());
        CHECK(client.closed());
    }

    TEST_CASE("tcpmux: a name that is never finished") {
        const struct {
            std::string_view said, answer;
        } cases[] = {
            {"", ""},
            {"finger", "-Service name not terminated by CRLF\r\n"},
            {"finger\r", "-Service name not terminated by CRLF\r\n"},
        };
        for (const auto& c : cases) {
            CAPTURE(c.said);
            const auto tcpmux = make_tcpmux(context);
            FakeDriver client(*tcpmux);
            client.send(c.said);
            CHECK_FALSE(client.closed());
            client.end();
            CHECK(client.closed());
            CHECK(client.received() == c.answer);
            CHECK(client.connection().passed_to().empty());
        }
    }

    TEST_CASE("tcpmux: a pass that the superdaemon declines is answered like an unknown name") {
        const auto tcpmux = make_tcpmux(context);
        FakeDriver client(*tcpmux);
        client.send("finger\r\nroot\r\n");
        REQUIRE(client.connection().passed_to() == "finger");
        CHECK(client.received().empty());
        client.decline();
        CHECK(client.received() == unavailable);
        CHECK(client.closed());
        CHECK(client.connection().passed_to().empty());
        CHECK(client.unread() == "root\r\n");
    }
}
