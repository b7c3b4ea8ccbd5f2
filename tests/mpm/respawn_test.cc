// SPDX-License-Identifier: ISC
#include "mpm/respawn.h"

#include <doctest/doctest.h>

#include <string>

#include "daemon/os/socket.h"

using namespace minetd;

namespace {

struct Sockets {
    UniqueFd server, client;
    explicit Sockets(int type) {
        SocketOptions options;
        options.type = type;
        server = open_listener(resolve("127.0.0.1", 0, AF_INET).front(), options);
        client = connect(type);
    }
    UniqueFd connect(int type) const {
        UniqueFd fd(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
        const SocketAddress address = local_address(server.get());
        REQUIRE(::connect(fd.get(), address.raw(), address.length) == 0);
        return fd;
    }
    void send(const char* text) const { REQUIRE(::send(client.get(), text, 1, 0) == 1); }
};

}  // namespace

TEST_SUITE("mpm") {
    TEST_CASE("futile starts are tolerated a few times, then paused ever longer, and forgiven") {
        Respawn respawn;
        CHECK(respawn.ended(true) == 0);
        CHECK(respawn.ended(true) == 0);
        CHECK(respawn.ended(true) == 1000);
        CHECK(respawn.newly_paused());
        CHECK(respawn.ended(true) == 2000);
        CHECK_FALSE(respawn.newly_paused());
        for (int i = 0; i < 20; ++i) CHECK(respawn.ended(true) <= Respawn::longest_pause);
        CHECK(respawn.ended(true) == Respawn::longest_pause);
        CHECK(respawn.ended(false) == 0);
        CHECK(respawn.ended(true) == 0);
    }

    TEST_CASE("a datagram that stayed is told from one that came later") {
        const Sockets sockets(SOCK_DGRAM);
        CHECK_FALSE(look_at_queue(sockets.server.get(), true).present);
        sockets.send("a");
        sockets.send("b");
        const QueueHead before = look_at_queue(sockets.server.get(), true);
        REQUIRE(before.present);
        REQUIRE(before.identified);
        CHECK(still_there(before, look_at_queue(sockets.server.get(), true), false));
        char byte;
        REQUIRE(::recv(sockets.server.get(), &byte, 1, 0) == 1);
        CHECK(byte == 'a');  // looking took nothing
        CHECK_FALSE(still_there(before, look_at_queue(sockets.server.get(), true), false));
        REQUIRE(::recv(sockets.server.get(), &byte, 1, 0) == 1);
        CHECK_FALSE(still_there(before, look_at_queue(sockets.server.get(), true), false));
    }

    TEST_CASE("connections are counted, as far as the kernel tells") {
        const Sockets sockets(SOCK_STREAM);
        const UniqueFd second = sockets.connect(SOCK_STREAM);
        const QueueHead before = look_at_queue(sockets.server.get(), false);
        REQUIRE(before.present);
        CHECK(before.length == 2);
        CHECK(still_there(before, look_at_queue(sockets.server.get(), false), false));
        const UniqueFd taken(::accept(sockets.server.get(), nullptr, nullptr));
        REQUIRE(taken);
        CHECK_FALSE(still_there(before, look_at_queue(sockets.server.get(), false), false));
        CHECK(still_there(before, look_at_queue(sockets.server.get(), false),
                          true));  // and the program failed
    }
}
