// SPDX-License-Identifier: ISC
#include "mpm/flow.h"

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <cerrno>
#include <csignal>
#include <memory>
#include <string>

#include "tests/mpm/few_descriptors.h"

using namespace minetd;

namespace {

/// A sender and a receiver, and the two sockets between which the flow is.
struct Course {
    PipePool pipes;
    Flow flow{pipes};
    UniqueFd sender, from, to, receiver;

    Course() {
        int ends[2];
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
        sender.reset(ends[0]);
        from.reset(ends[1]);
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
        to.reset(ends[0]);
        receiver.reset(ends[1]);
    }
    bool move() { return flow.move(from.get(), to.get()); }
    /// How much of it was taken.
    std::size_t say(std::string_view text) const {
        const ssize_t sent = ::send(sender.get(), text.data(), text.size(), MSG_NOSIGNAL);
        return sent > 0 ? static_cast<std::size_t>(sent) : 0;
    }
    std::string hear(std::size_t most = 1'000'000) const {
        std::string room(most, '\0');
        const ssize_t got = ::recv(receiver.get(), room.data(), most, 0);
        room.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
        return room;
    }
    bool heard_the_end() const {
        char byte;
        return ::recv(receiver.get(), &byte, 1, 0) == 0;
    }
};

std::string numbers(std::size_t size) {
    std::string text;
    for (unsigned i = 0; text.size() < size; ++i) text += std::to_string(i * 2654435761U);
    text.resize(size);
    return text;
}

}  // namespace

TEST_SUITE("mpm") {
    TEST_CASE("flow: what comes goes on, then the end") {
        Course course;
        CHECK(course.move());
        CHECK(course.flow.reads());
        CHECK_FALSE(course.flow.writes());
        CHECK(course.flow.activity() == 0);
        for (const std::string text : {"one", "two and more"}) {
            REQUIRE(course.say(text) == text.size());
            CHECK(course.move());
            CHECK(course.hear() == text);
        }
        CHECK(course.flow.taken() == 15);
        CHECK(course.flow.given() == 15);
        CHECK_FALSE(course.heard_the_end());
        REQUIRE(course.say("last") == 4);
        REQUIRE(::shutdown(course.sender.get(), SHUT_WR) == 0);
        const std::uint64_t before = course.flow.activity();
        CHECK(course.move());
        CHECK(course.flow.over());
        CHECK_FALSE(course.flow.reads());
        CHECK_FALSE(course.flow.writes());
        CHECK(course.flow.activity() > before + 8);  // the end is something, too
        CHECK(course.hear() == "last");
        CHECK(course.heard_the_end());
        CHECK(course.move());
    }

    TEST_CASE("flow: what is put before goes first, and is not counted") {
        Course course;
        course.flow.prepend("header\n");
        CHECK(course.flow.writes());
        REQUIRE(course.say("body") == 4);
        CHECK(course.move());
        CHECK(course.hear() == "header\nbody");
        CHECK(course.flow.taken() == 4);
        CHECK(course.flow.given() == 4);
    }

    TEST_CASE("flow: nothing is read while something waits for its receiver") {
        for (const bool copied : {false, true}) {
            CAPTURE(copied);
            Course course;
            const auto few = copied ? std::make_unique<FewDescriptors>() : nullptr;
            const std::string all = numbers(4'000'000);
            std::size_t said = 0;
            std::string heard;
            // Until neither the flow nor the sender's socket takes any more.
            for (std::size_t took = 1; took > 0;) {
                took = course.say(std::string_view(all).substr(said));
                said += took;
                CHECK(course.move());
            }
            CHECK(said < all.size());
            CHECK(course.flow.writes());
            CHECK_FALSE(course.flow.reads());
            CHECK(course.flow.taken() > course.flow.given());
            const std::uint64_t taken = course.flow.taken();
            CHECK(course.move());
            CHECK(course.flow.taken() == taken);
            for (int i = 0; i < 100'000 && heard.size() < all.size(); ++i) {
                heard += course.hear(50'000);
                CHECK(course.move());
                said += course.say(std::string_view(all).substr(said));
            }
            CHECK(heard.size() == all.size());
            CHECK((heard == all));
            CHECK(course.flow.taken() == all.size());
            CHECK(course.flow.given() == all.size());
            CHECK(course.flow.reads());
        }
    }

    TEST_CASE("flow: what waits in the pipe outlives its sender") {
        Course course;
        const std::string all = numbers(2'000'000);
        std::size_t said = 0;
        for (std::size_t took = 1; took > 0;) {
            took = course.say(std::string_view(all).substr(said));
            said += took;
            CHECK(course.move());
        }
        course.sender.reset();
        std::string heard;
        for (int i = 0; i < 100'000 && !course.flow.over(); ++i) {
            heard += course.hear();
            CHECK(course.move());
        }
        CHECK(course.flow.over());
        for (std::string more; !(more = course.hear()).empty();) heard += more;
        CHECK(heard.size() == said);
        CHECK((heard == all.substr(0, said)));
        CHECK(course.heard_the_end());
    }

    TEST_CASE("flow: a receiver that is gone is told as an error") {
        for (const bool copied : {false, true}) {
            CAPTURE(copied);
            Course course;
            const auto few = copied ? std::make_unique<FewDescriptors>() : nullptr;
            const auto before = ::signal(SIGPIPE, SIG_IGN);  // as in every server
            course.receiver.reset();
            REQUIRE(course.say("to nobody") == 9);
            const bool whole = course.move();
            const int error = errno;
            ::signal(SIGPIPE, before);
            CHECK_FALSE(whole);
            CHECK(error == EPIPE);
            CHECK(course.flow.given() == 0);
        }
    }

    TEST_CASE("flow: without a descriptor for a pipe it copies, and splices again when there are") {
        Course course;
        {
            const FewDescriptors few;
            CHECK_FALSE(course.pipes.take());
            REQUIRE(course.say("copied") == 6);
            CHECK(course.move());
            CHECK(course.hear() == "copied");
        }
        REQUIRE(course.say("spliced") == 7);
        CHECK(course.move());
        CHECK(course.hear() == "spliced");
        CHECK(course.flow.given() == 13);
        // It was given back, empty: there is one without a descriptor.
        const FewDescriptors few;
        const Pipe pipe = course.pipes.take();
        CHECK(pipe);
        CHECK_FALSE(course.pipes.take());
    }
}
