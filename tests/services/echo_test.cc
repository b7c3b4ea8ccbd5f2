// SPDX-License-Identifier: ISC
#include <doctest/doctest.h>

#include <string>

#include "services/builtins.h"
#include "services/service_context.h"
#include "tests/services/fake_driver.h"

using namespace minetd;

namespace {

std::string counted(std::size_t size) {
    std::string text;
    for (std::size_t i = 0; text.size() < size; ++i) text += std::to_string(i) + ' ';
    text.resize(size);
    return text;
}

const ServiceContext context;

}  // namespace

TEST_SUITE("services") {
    TEST_CASE("echo: all that was sent comes back in order, in every rhythm") {
        const auto echo = make_echo(context);
        for (const std::size_t size : {0, 1, 64, 65'535, 65'536, 65'537, 300'000})
            for (const std::size_t read_size :
                 {std::size_t{1}, std::size_t{1000}, FakeDriver::unlimited}) {
                if (read_size == 1 && size > 70'000) continue;
                CAPTURE(size);
                CAPTURE(read_size);
                const std::string text = counted(size);
                FakeDriver client(*echo, {.read_size = read_size});
                client.send(text);
                CHECK(client.received() == text);
                CHECK_FALSE(client.closed());
                CHECK(client.next() == Next::read);  // the request boundary
                client.end();
                CHECK(client.closed());
                CHECK(client.received() == text);
            }
    }

    TEST_CASE("echo: a half-closed client gets the rest, then the end") {
        const auto echo = make_echo(context);
        const std::string text = counted(200'000);
        FakeDriver client(*echo, {.window = 10});
        client.send(text);
        client.end();
        CHECK(client.received() == text.substr(0, 10));
        CHECK_FALSE(client.closed());
        while (!client.closed()) {
            const std::size_t before = client.received().size();
            client.read(1000);
            REQUIRE(client.received().size() > before);
        }
        CHECK(client.received() == text);
    }

    TEST_CASE("echo: a client that never reads is not read for ever") {
        const auto echo = make_echo(context);
        FakeDriver client(*echo, {.read_size = 1448, .window = 0});
        client.send(std::string(10'000'000, 'x'));
        CHECK(client.next() == Next::write);
        CHECK(client.owed_most() <= 2 * 64 * 1024);
        CHECK(client.unread().size() > 9'800'000);
        // It reads after all: everything moves again.
        client.read(10'000'000);
        CHECK(client.received().size() == 10'000'000);
        CHECK(client.unread().empty());
        CHECK(client.owed() == 0);
    }

    TEST_CASE("echo: a datagram comes back whole, whatever its size") {
        const auto echo = make_echo(context);
        for (const std::size_t size : {0, 1, 64, 4'097, 8'193, 12'289, 65'507, 65'536}) {
            CAPTURE(size);
            const std::string payload = counted(size);
            const SocketAddress peer;
            Datagram datagram(peer, payload);
            echo->on_datagram(datagram);
            REQUIRE(datagram.reply().has_value());
            CHECK(*datagram.reply() == payload);
        }
    }
}
