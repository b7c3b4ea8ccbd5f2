// SPDX-License-Identifier: ISC
// The status builtin from end to end: what a client says, and what it gets.
#include <doctest/doctest.h>

#include <string>

#include "services/builtins.h"
#include "services/service_context.h"
#include "tests/services/fake_driver.h"
#include "tests/services/status/sample.h"

using namespace minetd;

namespace {

struct Sample final : status::Source {
    status::Snapshot snapshot() const override { return sample(); }
};

}  // namespace

TEST_SUITE("services") {
    TEST_CASE("status: answers by path, form and method") {
        const Sample source;
        ServiceContext context;
        context.status = &source;
        const auto handler = make_status(context);
        const struct {
            std::string line;
            std::string_view status, type, part;
        } cases[] = {
            {"GET / HTTP/1.1", "200 OK", "text/html; charset=utf-8", "<h2>web "},
            {"GET /server-status?auto HTTP/1.1", "200 OK", "text/plain; charset=utf-8",
             "\nScoreboard: GGW_..WW..\n"},
            {"GET /ftp?auto HTTP/1.0", "200 OK", "text/plain; charset=utf-8",
             "\nScoreboard: WW..\n"},
            {"GET /?auto&service=80%2Ftcp HTTP/1.1", "200 OK", "text/plain; charset=utf-8",
             "\nScoreboard: GGW_..\n"},
            {"GET /?json HTTP/1.1", "200 OK", "application/json", "\"scoreboard\":\"WW..\""},
            {"GET /unknown?auto HTTP/1.1", "404 Not Found", "text/html; charset=utf-8", "404"},
            {"GET /?service=%z HTTP/1.1", "400 Bad Request", "text/html; charset=utf-8", "400"},
            {"GET * HTTP/1.1", "400 Bad Request", "text/html; charset=utf-8", "400"},
            {"POST / HTTP/1.1", "405 Method Not Allowed", "text/html; charset=utf-8",
             "Allow: GET, HEAD\r\n"},
        };
        for (const auto& c : cases)
            for (const std::size_t read_size : {std::size_t{1}, FakeDriver::unlimited}) {
                CAPTURE(c.line);
                FakeDriver client(*handler, {.read_size = read_size});
                client.send(c.line + "\r\nHost: x\r\n\r\n");
                const std::string& got = client.received();
                CAPTURE(got);
                CHECK(got.starts_with("HTTP/1.1 " + std::string(c.status) + "\r\n"));
                CHECK(got.find("\r\nContent-Type: " + std::string(c.type) + "\r\n") != got.npos);
                CHECK(got.find(c.part) != got.npos);
            }
    }

    TEST_CASE("status: HEAD has the head alone, and requests may follow each other") {
        const Sample source;
        ServiceContext context;
        context.status = &source;
        const auto handler = make_status(context);
        FakeDriver client(*handler);
        client.send("HEAD /?auto HTTP/1.1\r\nHost: x\r\n\r\n");
        CHECK(client.received().ends_with("\r\n\r\n"));
        CHECK(client.received().find("Scoreboard") == std::string::npos);
        CHECK_FALSE(client.closed());
        client.send("GET /?auto HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        CHECK(client.received().ends_with("Scoreboard: GGW_..WW..\n"));
        CHECK(client.closed());
    }
}
