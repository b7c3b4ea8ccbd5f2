// SPDX-License-Identifier: ISC
#include "daemon/os/notify_socket.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstddef>
#include <string>

#include "daemon/os/outgoing_message.h"

using namespace minetd;

namespace {

/// One datagram, with a descriptor if one is given.
void send_to(const std::string& name, const std::string& text, int attached = -1) {
    const UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy(name.begin(), name.end(), address.sun_path);
    address.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    REQUIRE(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), length) == 0);
    REQUIRE(::sendmsg(fd.get(), OutgoingMessage(text.data(), text.size(), attached).header(), 0) >=
            0);
}

}  // namespace

TEST_SUITE("os") {
    TEST_CASE("a notification tells who sent it, as the kernel knows it") {
        NotifySocket socket;
        CHECK(socket.name().front() == '@');
        CHECK(!socket.receive());
        send_to(socket.name(), "READY=1");
        const auto own = socket.receive();
        REQUIRE(own);
        CHECK(own->text == "READY=1");
        CHECK(own->pid == ::getpid());
        CHECK(own->uid == ::getuid());

        const pid_t child = ::fork();
        if (child == 0) {
            send_to(socket.name(), "from a child");
            ::_exit(0);
        }
        REQUIRE(::waitpid(child, nullptr, 0) == child);
        const auto childs = socket.receive();
        REQUIRE(childs);
        CHECK(childs->pid == child);
        CHECK(!socket.receive());
    }

    TEST_CASE("a notification that is too long says nothing, an empty one is one") {
        NotifySocket socket;
        send_to(socket.name(), std::string(5000, 'x'));
        send_to(socket.name(), "");
        const auto next = socket.receive();
        REQUIRE(next);
        CHECK(next->text.empty());
        CHECK(!socket.receive());
    }

    TEST_CASE("descriptors that come with a notification are let go: a barrier is answered") {
        NotifySocket socket;
        int ends[2];
        REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
        const UniqueFd barrier(ends[0]);
        UniqueFd sent(ends[1]);
        send_to(socket.name(), "BARRIER=1", sent.get());
        sent.reset();
        const auto message = socket.receive();
        REQUIRE(message);
        CHECK(message->text == "BARRIER=1");
        char byte;
        CHECK(::read(barrier.get(), &byte, 1) == 0);  // nobody holds the other end any more
    }
}
