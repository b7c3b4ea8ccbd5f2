// SPDX-License-Identifier: ISC
#include "daemon/policy/deny_list.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "tests/policy/peer.h"

using namespace minetd;
using testing::peer;

namespace {

constexpr Milliseconds now = 1'000'000, minute = 60'000;
constexpr SourcePrefix usual, whole{32, 128};
using Outcome = DenyList::Outcome;

Outcome deny(DenyList& list, const char* who, unsigned minutes, Milliseconds when = now,
             const SourcePrefix& prefix = usual) {
    return list.deny(source_of(peer(who), prefix), prefix, when, minutes);
}

Source numbered(std::uint64_t number) {
    return {.key = {0x20010DB8'00000000U, number}, .kind = AF_INET6};
}

}  // namespace

TEST_SUITE("policy") {
    TEST_CASE("who is denied, and until when") {
        DenyList list;
        const DeniedPeers& denied = *list.peers();
        CHECK_FALSE(denied.contain(peer("192.0.2.1"), now));
        CHECK(deny(list, "192.0.2.1", 10) == Outcome::added);
        CHECK(denied.contain(peer("192.0.2.1"), now));
        CHECK(denied.contain(peer("::ffff:192.0.2.1"), now));
        CHECK_FALSE(denied.contain(peer("192.0.2.2"), now));
        CHECK_FALSE(denied.contain(SocketAddress{}, now));
        CHECK(denied.contain(peer("192.0.2.1"), now + 10 * minute - 1));
        CHECK_FALSE(denied.contain(peer("192.0.2.1"), now + 10 * minute));
    }

    TEST_CASE("the next life denies whom this one did") {
        DenyList list, next;
        CHECK(list.denials(now).empty());
        deny(list, "192.0.2.1", 10);
        deny(list, "2001:db8:1:2::1", deny_forever);
        CHECK(list.denials(now).size() == 2);
        REQUIRE(list.denials(now + 11 * minute).size() == 1);
        for (const DenyList::Denial& denial : list.denials(now)) next.recall(denial, now);
        CHECK(next.denials(now).size() == 2);
        CHECK(next.peers()->contain(peer("192.0.2.1"), now + 10 * minute - 1));
        CHECK_FALSE(next.peers()->contain(peer("192.0.2.1"), now + 10 * minute));
        CHECK(next.peers()->contain(peer("2001:db8:1:2:3::4"), now + 1'000'000 * minute));
    }

    TEST_CASE("who comes again is denied for longer, and never for less") {
        DenyList list;
        const DeniedPeers& denied = *list.peers();
        deny(list, "192.0.2.1", 10);
        CHECK(deny(list, "192.0.2.1", 10, now + 9 * minute) == Outcome::renewed);
        CHECK(denied.contain(peer("192.0.2.1"), now + 18 * minute));
        CHECK_FALSE(denied.contain(peer("192.0.2.1"), now + 19 * minute));
        CHECK(deny(list, "192.0.2.1", 1, now + 10 * minute) == Outcome::renewed);
        CHECK(denied.contain(peer("192.0.2.1"), now + 18 * minute));
        // After its end it is new.
        CHECK(deny(list, "192.0.2.1", 1, now + 30 * minute) == Outcome::added);
        CHECK(deny(list, "192.0.2.1", deny_forever, now + 30 * minute) == Outcome::renewed);
        CHECK(denied.contain(peer("192.0.2.1"), now + 1'000'000'000 * minute));
        CHECK(deny(list, "192.0.2.1", 1, now + 30 * minute) == Outcome::renewed);
        CHECK(denied.contain(peer("192.0.2.1"), now + 1'000'000'000 * minute));
    }

    TEST_CASE("as much of an address as the sensor's source_prefix says") {
        DenyList list;
        const DeniedPeers& denied = *list.peers();
        deny(list, "2001:db8:1:2::1", 10);
        deny(list, "2001:db8:9:9::1", 10, now, whole);
        deny(list, "198.51.100.7", 10, now, {24, 64});
        const struct {
            const char* who;
            bool is_denied;
        } rows[] = {
            {"2001:db8:1:2:3::4", true},
            {"2001:db8:1:3::1", false},
            {"2001:db8:9:9::1", true},
            {"2001:db8:9:9::2", false},
            {"198.51.100.9", true},
            {"198.51.101.7", false},
            {"::1", false},
        };
        for (const auto& row : rows) {
            CAPTURE(row.who);
            CHECK(denied.contain(peer(row.who), now) == row.is_denied);
        }
        // A network's own address is not the network.
        deny(list, "2001:db8:7:7::", 10, now, whole);
        CHECK(denied.contain(peer("2001:db8:7:7::"), now));
        CHECK_FALSE(denied.contain(peer("2001:db8:7:7::1"), now));
    }

    TEST_CASE("it is bounded: those whose time ends first go, those denied for ever stay") {
        DenyList list;
        for (std::uint64_t i = 0; i < 1000; ++i)
            REQUIRE(list.deny(numbered(i), whole, now, deny_forever) != Outcome::full);
        for (std::uint64_t i = 1000; i < 100'000; ++i) list.deny(numbered(i), whole, now, 5);
        unsigned kept = 0, others = 0;
        for (std::uint64_t i = 0; i < 100'000; ++i) {
            SocketAddress one = peer("2001:db8::");
            for (unsigned byte = 0; byte < 8; ++byte)
                one.v6.sin6_addr.s6_addr[15 - byte] = static_cast<std::uint8_t>(i >> (8 * byte));
            (i < 1000 ? kept : others) += list.peers()->contain(one, now);
        }
        CHECK(kept == 1000);
        CHECK(others > 0);
        CHECK(kept + others <= DenyList::capacity);
        for (std::uint64_t i = 0; i < 200'000; ++i)
            list.deny(numbered(1'000'000 + i), whole, now, deny_forever);
        CHECK(list.deny(numbered(7'000'000), whole, now, 1) == Outcome::full);
    }

    TEST_CASE("other processes read it, see what comes later, and cannot write") {
        DenyList list;
        CHECK((::fcntl(list.peers()->fd(), F_GETFL) & O_ACCMODE) == O_RDONLY);
        int go[2];
        REQUIRE(::pipe2(go, O_CLOEXEC) == 0);
        const pid_t pid = ::fork();
        REQUIRE(pid >= 0);
        if (pid == 0) {
            list.peers()->remap();
            char byte;
            (void)!::read(go[0], &byte, 1);
            const bool right = list.peers()->contain(peer("192.0.2.1"), now) &&
                               !list.peers()->contain(peer("192.0.2.2"), now) &&
                               ::write(list.peers()->fd(), "x", 1) < 0;
            ::_exit(right ? 0 : 1);
        }
        deny(list, "192.0.2.1", 10);
        REQUIRE(::write(go[1], "x", 1) == 1);
        int status = -1;
        REQUIRE(::waitpid(pid, &status, 0) == pid);
        CHECK(status == 0);
        ::close(go[0]);
        ::close(go[1]);
    }

    TEST_CASE("whoever reads while it is written sees one of the addresses, never a mixture") {
        DenyList list;
        const DeniedPeers& denied = *list.peers();
        deny(list, "198.51.100.1", deny_forever);
        std::atomic<bool> done = false;
        unsigned wrong = 0;
        std::thread reader([&] {
            while (!done) {
                wrong += !denied.contain(peer("198.51.100.1"), now);
                wrong += denied.contain(peer("2001:db8::1:0:0:1"), now);
            }
        });
        // Halves of the address that is never denied, for the same places over and over.
        for (std::uint64_t i = 0; i < 200'000; ++i) {
            list.deny({.key = {0x20010DB8'00000000U, i << 20}, .kind = AF_INET6}, whole, now, 1);
            list.deny({.key = {i << 20, 0x00010000'00000001U}, .kind = AF_INET6}, whole, now, 1);
        }
        done = true;
        reader.join();
        CHECK(wrong == 0);
    }
}
