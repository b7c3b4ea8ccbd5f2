// SPDX-License-Identifier: ISC
#include <doctest/doctest.h>

#include <string>

#include "services/builtins.h"
#include "services/service_context.h"
#include "tests/services/fake_driver.h"

using namespace minetd;

TEST_SUITE("services") {
    TEST_CASE("discard: everything is taken and nothing is sent") {
        const auto discard = make_discard(ServiceContext{});
        for (const std::size_t size : {0, 1, 64, 200'000}) {
            CAPTURE(size);
            FakeDriver client(*discard, {.read_size = 1000});
            client.send(std::string(size, 'x'));
            CHECK(client.unread().empty());
            CHECK(client.connection().input().empty());
            CHECK_FALSE(client.closed());
            client.end();
            CHECK(client.closed());
            CHECK(client.received().empty());
            CHECK(client.owed_most() == 0);
        }
    }

    TEST_CASE("discard: a datagram has no reply, an empty one neither") {
        const auto discard = make_discard(ServiceContext{});
        for (const std::string_view payload : {std::string_view(), std::string_view("x")}) {
            const SocketAddress peer;
            Datagram datagram(peer, payload);
            discard->on_datagram(datagram);
            CHECK_FALSE(datagram.reply().has_value());
        }
    }
}
