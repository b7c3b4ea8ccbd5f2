// SPDX-License-Identifier: ISC
#include "daemon/policy/name_rules.h"

#include <doctest/doctest.h>

#include <sstream>
#include <string>

#include "daemon/config/access_words.h"
#include "daemon/os/socket.h"

using namespace minetd;

namespace {

AccessRules rules(const std::string& words) {
    AccessRules result;
    std::istringstream text(words);
    for (std::string word; text >> word;) read_access_word(word, result);
    return result;
}

AddressBits bits(const std::string& address) {
    return *bits_of(resolve(address, 0, AF_UNSPEC).front());
}

}  // namespace

TEST_SUITE("policy") {
    TEST_CASE("rules that name hosts and domains") {
        // The peer is 192.0.2.1; good.example.org is there, bad.example.org is elsewhere.
        const struct {
            std::string only_from, no_access;
            std::string name;  ///< the peer's, confirmed; empty: unknown
            bool admitted;
        } rows[] = {
            {".example.org", "", "a.example.org", true},
            {".example.org", "", "a.b.example.org", true},
            {".example.org", "", "a.example.org.evil.net", false},
            {".example.org", "", "aexample.org", false},
            {".example.org", "", "", false},
            {"good.example.org", "", "", true},
            {"bad.example.org", "", "bad.example.org", false},
            {"unknown.example.org", "", "unknown.example.org", false},
            {"192.0.2.0/24", ".example.net", "a.example.org", true},
            {"192.0.2.0/24", ".example.net", "a.example.net", false},
            {"192.0.2.0/24", ".example.net", "", false},
            {"198.51.100.0/24 .example.org", "", "a.example.org", true},
            {"198.51.100.0/24 .example.org", "", "a.example.net", false},
            {"*", "bad.example.org", "", true},
            {"*", "good.example.org", "", false},
            {"*", "unknown.example.org", "", false},
            {"many.example.org", "", "", false},
            {"*", "many.example.org", "", false},
            {".example.org", "good.example.org", "a.example.org", false},
            {"*", "192.0.2.1", "a.example.org", false},
        };
        for (const auto& row : rows) {
            CAPTURE(row.only_from);
            CAPTURE(row.no_access);
            CAPTURE(row.name);
            AccessLists lists;
            if (row.only_from != "*") lists.only_from = rules(row.only_from);
            lists.no_access = rules(row.no_access);
            KnownNames names{.peer = row.name};
            names.hosts["good.example.org"] = {bits("198.51.100.9"), bits("192.0.2.1")};
            names.hosts["bad.example.org"] = {bits("198.51.100.9")};
            names.hosts["unknown.example.org"] = {};
            // Whether the peer is among the rest of its addresses nobody knows.
            names.hosts["many.example.org"] = {bits("198.51.100.9")};
            names.partly.insert("many.example.org");
            CHECK(decide_by_names(lists, bits("192.0.2.1"), names) ==
                  (row.admitted ? Verdict::allow : Verdict::deny));
        }
    }

    TEST_CASE("only what the rules are about is looked up") {
        AccessLists lists;
        lists.only_from = rules("10.0.0.0 a.example.org b.example.org");
        lists.no_access = rules("b.example.org c.example.org");
        CHECK(named_hosts(lists) ==
              std::vector<std::string>{"b.example.org", "c.example.org", "a.example.org"});
        CHECK_FALSE(needs_name_of_peer(lists));
        lists.no_access = rules(".example.org");
        CHECK(needs_name_of_peer(lists));
    }
}
