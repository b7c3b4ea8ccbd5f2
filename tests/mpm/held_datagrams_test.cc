// SPDX-License-Identifier: ISC
#include "mpm/held_datagrams.h"

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <string>
#include <vector>

#include "tests/policy/peer.h"

using namespace minetd;

namespace {

ReceivedDatagram from(const char* address, std::string_view payload, int socket = 3) {
    ReceivedDatagram datagram;
    datagram.socket = socket;
    datagram.peer = testing::peer(address);
    datagram.payload = payload;
    return datagram;
}

/// An answer that can be given, and the end to wait at.
struct Pair {
    Pair() {
        int ends[2];
        REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
        waits = UniqueFd(ends[0]);
        answers = UniqueFd(ends[1]);
    }
    void answer(Verdict name) const {
        const Answers said{.name = name};
        REQUIRE(::send(answers.get(), &said, sizeof said, MSG_NOSIGNAL) == sizeof said);
    }
    UniqueFd waits, answers;
};

std::string texts(HeldDatagrams::Answered& answered) {
    std::string all;
    for (HeldDatagram& one : answered.datagrams)
        all += (all.empty() ? "" : " ") + std::string(one.get().payload);
    return all;
}

constexpr Milliseconds until = 1000;

}  // namespace

TEST_SUITE("mpm") {
    TEST_CASE("held datagrams: those of a host come out together, in their order") {
        HeldDatagrams held;
        CHECK(held.empty());
        CHECK(held.due() == 0);
        Pair one, two, other_socket;
        CHECK_FALSE(held.join(from("192.0.2.1", "a")));
        REQUIRE(held.add(from("192.0.2.1", "a"), std::move(one.waits), until));
        CHECK_FALSE(held.join(from("192.0.2.2", "b")));
        REQUIRE(held.add(from("192.0.2.2", "b"), std::move(two.waits), until + 1));
        // What was asked on one socket is known there only.
        CHECK_FALSE(held.join(from("192.0.2.1", "c", 4)));
        REQUIRE(held.add(from("192.0.2.1", "c", 4), std::move(other_socket.waits), until + 2));
        CHECK(held.join(from("192.0.2.1", "d")));
        CHECK(held.join(from("::ffff:192.0.2.1", "e")));
        CHECK(held.join(from("192.0.2.2", "f")));
        CHECK(held.due() == until);
        CHECK_FALSE(held.take(until - 1));

        two.answer(Verdict::allow);
        auto answered = held.take(0);
        REQUIRE(answered);
        CHECK(texts(*answered) == "b f");
        CHECK(answered->answers.name == Verdict::allow);
        CHECK_FALSE(held.take(0));
        // The end of whoever was asked is an answer, too.
        other_socket.answers.reset();
        answered = held.take(0);
        REQUIRE(answered);
        CHECK(texts(*answered) == "c");
        CHECK(answered->answers.name == Verdict::unknown);
        // And so is the end of the time.
        answered = held.take(until);
        REQUIRE(answered);
        CHECK(texts(*answered) == "a d e");
        CHECK(answered->answers.name == Verdict::unknown);
        CHECK(held.empty());
        // It is nobody's any more.
        CHECK_FALSE(held.join(from("192.0.2.1", "g")));
    }

    TEST_CASE("held datagrams: nobody who could be asked, nothing is held") {
        HeldDatagrams held;
        CHECK_FALSE(held.add(from("192.0.2.1", "a"), UniqueFd(), until));
        CHECK(held.empty());
        CHECK_FALSE(held.overflow(from("192.0.2.1", "a")));
    }

    TEST_CASE("held datagrams: no host keeps more than its share") {
        HeldDatagrams held;
        Pair one, two;
        REQUIRE(held.add(from("192.0.2.2", "other"), std::move(two.waits), until));
        REQUIRE(held.add(from("192.0.2.1", "0"), std::move(one.waits), until));
        for (std::size_t i = 1; i < HeldDatagrams::most_of_host; ++i) {
            const std::string text = std::to_string(i);
            REQUIRE(held.join(from("192.0.2.1", text)));
            CHECK_FALSE(held.overflow(from("192.0.2.1", text)));
        }
        for (const char* pushed : {"0", "1"}) {
            REQUIRE(held.join(from("192.0.2.1", "more")));
            auto oldest = held.overflow(from("192.0.2.1", "more"));
            REQUIRE(oldest);
            CHECK(oldest->get().payload == pushed);
            CHECK_FALSE(held.overflow(from("192.0.2.1", "more")));
        }
        one.answer(Verdict::allow);
        CHECK(held.take(0)->datagrams.size() == HeldDatagrams::most_of_host);
        two.answer(Verdict::allow);
        CHECK(held.take(0)->datagrams.size() == 1);
    }

    TEST_CASE("held datagrams: a number and an amount of all") {
        const struct {
            std::size_t size, kept;  // of each datagram; of all of them
        } cases[] = {{1, HeldDatagrams::most}, {60'000, HeldDatagrams::most_bytes / 60'300}};
        for (const auto& row : cases) {
            CAPTURE(row.size);
            HeldDatagrams held;
            std::vector<Pair> pairs(HeldDatagrams::most / 4);
            std::size_t pushed = 0, next = 0;
            // Eight for each host: the first of them all is the first to go.
            for (std::size_t i = 0; i < 2 * HeldDatagrams::most; ++i) {
                const std::size_t host = i / 8;
                const std::string address =
                    "10.0." + std::to_string(host / 250) + "." + std::to_string(host % 250 + 1);
                const std::string text = std::to_string(i) + std::string(row.size, ' ');
                const ReceivedDatagram datagram = from(address.c_str(), text);
                if (!held.join(datagram))
                    REQUIRE(held.add(datagram, std::move(pairs[host].waits), until));
                while (auto oldest = held.overflow(datagram)) {
                    ++pushed;
                    CHECK(std::stoul(std::string(oldest->get().payload)) == next++);
                }
            }
            CHECK(2 * HeldDatagrams::most - pushed == row.kept);
            std::size_t left = 0;
            while (auto answered = held.take(until)) left += answered->datagrams.size();
            CHECK(left == row.kept);
            CHECK(held.empty());
        }
    }
}
