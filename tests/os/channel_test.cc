// SPDX-License-Identifier: ISC
#include "daemon/os/channel.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <vector>

using namespace minetd;

TEST_SUITE("os") {
    TEST_CASE("a channel carries whole messages, in order, with a descriptor") {
        auto [a, b] = Channel::pair();
        int pipe_ends[2];
        REQUIRE(::pipe2(pipe_ends, O_CLOEXEC) == 0);
        const UniqueFd read_end(pipe_ends[0]), write_end(pipe_ends[1]);
        REQUIRE(a.send("one", 3));
        REQUIRE(a.send("second", 6, write_end.get()));

        char text[16];
        std::size_t size = 0;
        UniqueFd attached;
        REQUIRE(b.receive(text, sizeof text, size, attached) == Channel::Received::message);
        CHECK(std::string(text, size) == "one");
        CHECK_FALSE(attached);
        REQUIRE(b.receive(text, sizeof text, size, attached) == Channel::Received::message);
        CHECK(std::string(text, size) == "second");
        REQUIRE(attached);
        CHECK((::fcntl(attached.get(), F_GETFD) & FD_CLOEXEC) != 0);
        REQUIRE(::write(attached.get(), "x", 1) == 1);
        CHECK(::read(read_end.get(), text, 1) == 1);
        CHECK(b.receive(text, sizeof text, size, attached) == Channel::Received::nothing);
    }

    TEST_CASE(
        "without a descriptor left a message comes without what was attached, and is no end") {
        auto [a, b] = Channel::pair();
        REQUIRE(a.send("first", 5, a.fd()));
        REQUIRE(a.send("next", 4, a.fd()));
        const int lowest_free = UniqueFd(::dup(a.fd())).get();
        rlimit before{};
        REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
        const rlimit none_left{.rlim_cur = static_cast<rlim_t>(lowest_free),
                               .rlim_max = before.rlim_max};
        char text[16];
        std::size_t size = 0;
        UniqueFd attached;
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &none_left) == 0);
        const Channel::Received received = b.receive(text, sizeof text, size, attached);
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
        CHECK(received == Channel::Received::message);
        CHECK(std::string(text, size) == "first");
        CHECK_FALSE(attached);
        REQUIRE(b.receive(text, sizeof text, size, attached) == Channel::Received::message);
        CHECK(std::string(text, size) == "next");
        CHECK(attached);
    }

    TEST_CASE("of many descriptors the first is taken, and none of the others stays open") {
        auto [a, b] = Channel::pair();
        for (const unsigned count : {2U, 3U, 64U}) {
            CAPTURE(count);
            const std::vector<int> attached(count, a.fd());
            std::vector<char> control(CMSG_SPACE(count * sizeof(int)));
            char byte = 'x';
            iovec part{.iov_base = &byte, .iov_len = 1};
            msghdr header{};
            header.msg_iov = &part;
            header.msg_iovlen = 1;
            header.msg_control = control.data();
            header.msg_controllen = control.size();
            cmsghdr* const item = CMSG_FIRSTHDR(&header);
            item->cmsg_level = SOL_SOCKET;
            item->cmsg_type = SCM_RIGHTS;
            item->cmsg_len = CMSG_LEN(count * sizeof(int));
            std::memcpy(CMSG_DATA(item), attached.data(), count * sizeof(int));
            REQUIRE(::sendmsg(a.fd(), &header, 0) == 1);

            const int lowest_free = UniqueFd(::dup(a.fd())).get();
            char text[4];
            std::size_t size = 0;
            UniqueFd taken;
            CHECK(b.receive(text, sizeof text, size, taken) == Channel::Received::message);
            CHECK(taken.get() == lowest_free);
            taken.reset();
            CHECK(UniqueFd(::dup(a.fd())).get() == lowest_free);
            const UniqueFd first(::dup(a.fd()));
            CHECK(UniqueFd(::dup(a.fd())).get() == first.get() + 1);
        }
    }

    TEST_CASE("the end of the other side, and a message that is too long, are an end") {
        auto [a, b] = Channel::pair();
        char text[4];
        std::size_t size = 0;
        UniqueFd attached;
        REQUIRE(a.send("too long", 8));
        CHECK(b.receive(text, sizeof text, size, attached) == Channel::Received::end);
        a.close();
        CHECK(b.receive(text, sizeof text, size, attached) == Channel::Received::end);
    }

    TEST_CASE("a full channel refuses instead of blocking") {
        auto [a, b] = Channel::pair();
        const std::string message(4096, 'x');
        int sent = 0;
        while (a.send(message.data(), message.size())) REQUIRE(++sent < 100000);
        CHECK(sent > 0);
    }
}
