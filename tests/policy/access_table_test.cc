// SPDX-License-Identifier: ISC
#include "daemon/policy/access_table.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <sstream>
#include <string>

#include "daemon/config/access_words.h"
#include "tests/policy/peer.h"

using namespace minetd;
using testing::peer;

namespace {

AccessRules rules(const std::string& words) {
    AccessRules all;
    std::istringstream in(words);
    for (std::string word; in >> word;) read_access_word(word, all);
    return all;
}

AccessRule network(AddressBits bits, unsigned prefix) {
    AccessRule rule;
    bits = prefix_of(bits, prefix);
    for (unsigned i = 0; i < 16; ++i)
        rule.address[i] =
            static_cast<std::uint8_t>((i < 8 ? bits.high : bits.low) >> (56 - 8 * (i % 8)));
    rule.prefix = static_cast<std::uint8_t>(prefix);
    return rule;
}

bool covers(const AccessRule& rule, AddressBits address) {
    return prefix_of(address, rule.prefix) == bits_of(rule.address.data());
}

/// What the table is to say, without a table.
Verdict scanned(const AccessLists& lists, AddressBits address) {
    const auto hit = [&](const AccessRules& list) {
        return std::any_of(list.begin(), list.end(),
                           [&](const AccessRule& rule) { return covers(rule, address); });
    };
    if (hit(lists.no_access)) return Verdict::deny;
    return !lists.only_from || hit(*lists.only_from) ? Verdict::allow : Verdict::deny;
}

constexpr const char* absent = "*";

}  // namespace

TEST_SUITE("policy") {
    TEST_CASE("who may come") {
        constexpr Verdict allow = Verdict::allow, deny = Verdict::deny, unknown = Verdict::unknown;
        const struct {
            const char *only_from, *no_access, *peer;
            Verdict verdict;
        } rows[] = {
            // No list, and an empty one.
            {absent, "", "192.0.2.1", allow},
            {"", "", "192.0.2.1", deny},
            {"", "", "::1", deny},
            // One address.
            {"192.0.2.1", "", "192.0.2.1", allow},
            {"192.0.2.1", "", "::ffff:192.0.2.1", allow},
            {"192.0.2.1", "", "192.0.2.2", deny},
            {"192.0.2.1", "", "::192.0.2.1", deny},
            {"2001:db8::1", "", "2001:db8::1", allow},
            {"2001:db8::1", "", "2001:db8::2", deny},
            {"2001:db8::1", "", "192.0.2.1", deny},
            {absent, "192.0.2.1", "192.0.2.1", deny},
            {absent, "192.0.2.1", "192.0.2.2", allow},
            // Trailing zeros, CIDR, netmasks, factors.
            {"10.0.0.0", "", "10.255.255.255", allow},
            {"10.0.0.0", "", "11.0.0.0", deny},
            {"10.1.0.0", "", "10.1.255.1", allow},
            {"10.1.0.0", "", "10.2.0.0", deny},
            {"127.0", "", "127.1.2.3", allow},
            {"0.0.0.0", "", "203.0.113.9", allow},
            {"0.0.0.0", "", "2001:db8::1", deny},
            {"10.1.0.0/17", "", "10.1.127.255", allow},
            {"10.1.0.0/17", "", "10.1.128.0", deny},
            {"10.1.0.0/255.255.128.0", "", "10.1.127.255", allow},
            {"10.1.0.0/255.255.128.0", "", "10.1.128.0", deny},
            {"10.1.2.{3,7}", "", "10.1.2.7", allow},
            {"10.1.2.{3,7}", "", "10.1.2.5", deny},
            {"2001:db8::/33", "", "2001:db8:7fff::1", allow},
            {"2001:db8::/33", "", "2001:db8:8000::", deny},
            {"::/0", "", "2001:db8::1", allow},
            {"::/0", "", "192.0.2.1", allow},  // as xinetd: IPv6 networks hold mapped peers
            // Both: no_access wins, however exact the other one is.
            {"10.0.0.0/8", "10.1.0.0/16", "10.1.0.1", deny},
            {"10.0.0.0/8", "10.1.0.0/16", "10.2.0.1", allow},
            {"10.1.2.3", "10.0.0.0/8", "10.1.2.3", deny},
            {"127.0.0.1", "127.0.0.0", "127.0.0.1", deny},
            {"10.1.2.3", "10.1.2.3", "10.1.2.3", deny},
            {"10.0.0.0/8 192.0.2.0/24", "10.128.0.0/9", "192.0.2.77", allow},
            {"10.0.0.0/8 192.0.2.0/24", "10.128.0.0/9", "10.127.0.1", allow},
            {"10.0.0.0/8 192.0.2.0/24", "10.128.0.0/9", "10.128.0.1", deny},
            {"", "10.0.0.0/8", "192.0.2.1", deny},
            // Where only a name can tell.
            {"host.example.org", "", "192.0.2.1", unknown},
            {".example.org 192.0.2.0/24", "", "192.0.2.1", allow},
            {".example.org 192.0.2.0/24", "", "10.0.0.1", unknown},
            {absent, ".example.org", "192.0.2.1", unknown},
            {absent, ".example.org 192.0.2.1", "192.0.2.1", deny},
            {"192.0.2.1", ".example.org", "192.0.2.1", unknown},
            {".example.org", "192.0.2.1", "192.0.2.1", deny},
        };
        for (const auto& row : rows) {
            CAPTURE(row.only_from);
            CAPTURE(row.no_access);
            CAPTURE(row.peer);
            AccessLists lists;
            if (row.only_from != absent) lists.only_from = rules(row.only_from);
            lists.no_access = rules(row.no_access);
            CHECK(AccessTable(lists).verdict(peer(row.peer)) == row.verdict);
        }
    }

    TEST_CASE("whoever has no IP address is on no list") {
        AccessLists lists{.only_from = rules("10.0.0.1"), .no_access = rules("0.0.0.0 ::/0")};
        SocketAddress local;
        local.any.sa_family = AF_UNIX;
        local.length = sizeof(sa_family_t);
        CHECK(AccessTable(lists).verdict(local) == Verdict::allow);
        CHECK(AccessTable(lists).verdict(SocketAddress{}) == Verdict::allow);
    }

    TEST_CASE("the tree says what a scan says, of nested, equal and neighbouring networks") {
        std::mt19937_64 random(4);
        for (int round = 0; round < 60; ++round) {
            CAPTURE(round);
            // Few bits vary, so that networks meet; in some rounds all are IPv4.
            const bool v4 = round % 2 == 0;
            const auto address = [&] {
                return v4 ? AddressBits{0, 0xFFFF'0A00'0000U | (random() & 0x0303'0303U)}
                          : AddressBits{0x20010DB8'00000000U | (random() & 0x3),
                                        (random() & 0x3) << 62 | (random() & 0x3)};
            };
            const auto some = [&](std::size_t count) {
                AccessRules list;
                for (std::size_t i = 0; i < count; ++i)
                    list.push_back(network(address(), v4 ? 96 + static_cast<unsigned>(random() % 33)
                                                         : static_cast<unsigned>(random() % 129)));
                return list;
            };
            AccessLists lists;
            if (round % 3 != 0) lists.only_from = some(random() % 40);
            lists.no_access = some(random() % 6);
            const AccessTable table(lists);
            for (int i = 0; i < 300; ++i) {
                const AddressBits one = address();
                REQUIRE(table.verdict(one) == scanned(lists, one));
            }
        }
    }

    TEST_CASE("of 10,000 rules a look-up visits a few") {
        std::mt19937_64 random(7);
        AccessLists lists{.only_from = AccessRules{}, .no_access = {}};
        for (unsigned i = 0; i < 10'000; ++i)
            lists.only_from->push_back(network({0, 0xFFFF'0000'0000U | (random() & ~0U)}, 128));
        const AccessTable table(lists);
        unsigned most = 0;
        std::uint64_t sum = 0;
        for (const AccessRule& rule : *lists.only_from) {
            const AddressBits address = bits_of(rule.address.data());
            REQUIRE(table.verdict(address) == Verdict::allow);
            most = std::max(most, table.depth(address));
            sum += table.depth(address);
        }
        // A balanced tree of 10,000 leaves has 14 levels; the root and the node of IPv4 come on
        // top.
        CHECK(most <= 34);
        CHECK(sum / lists.only_from->size() <= 18);
        for (int i = 0; i < 10'000; ++i) {
            const AddressBits stranger{random(), random()};
            REQUIRE(table.verdict(stranger) == Verdict::deny);
            REQUIRE(table.depth(stranger) <= 2);
        }
        // The worst there is: every prefix of one address. Never more than its bits.
        AccessLists nested{.only_from = AccessRules{}, .no_access = {}};
        for (unsigned length = 0; length <= address_length; ++length)
            nested.only_from->push_back(network({~0ULL, ~0ULL}, length));
        CHECK(AccessTable(nested).depth({~0ULL, ~0ULL}) == address_length + 1);
    }
}
