// SPDX-License-Identifier: ISC
#include "daemon/units/allowed_networks.h"

#include <doctest/doctest.h>

#include <sstream>

#include "daemon/config/access_words.h"

using namespace minetd;

namespace {

AccessRules rules(const std::string& text) {
    AccessRules found;
    std::istringstream words(text);
    for (std::string word; words >> word;) read_access_word(word, found);
    return found;
}

std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
    return out;
}

}  // namespace

TEST_SUITE("units") {
    TEST_CASE("access lists say the same to systemd, which allows first") {
        const struct {
            const char *only_from, *no_access, *allow, *deny;
        } rows[] = {
            {nullptr, "10.0.0.0/8", "", "10.0.0.0/8"},
            {"10.0.0.0/8 2001:db8::/32", "", "10.0.0.0/8 2001:db8::/32", "any"},
            {"", "", "", "any"},
            {"10.0.0.0/8", "192.168.0.0/16", "10.0.0.0/8", "any"},
            {"10.0.0.0/8", "10.0.0.0/8", "", "any"},
            {"10.1.0.0/16", "10.0.0.0/8", "", "any"},
            {"10.0.0.0/30", "10.0.0.1", "10.0.0.0/32 10.0.0.2/31", "any"},
            {"0.0.0.0/0", "128.0.0.0/1", "0.0.0.0/1", "any"},
            // To minetd every IPv4 address is in ::/0.
            {"::/0", "", "::/0 0.0.0.0/0", "any"},
        };
        for (const auto& row : rows) {
            CAPTURE(row.allow);
            AccessLists lists;
            if (row.only_from != nullptr) lists.only_from = rules(row.only_from);
            lists.no_access = rules(row.no_access);
            const auto networks = allowed_networks(lists);
            REQUIRE(networks);
            CHECK(joined(networks->allow) == row.allow);
            CHECK(joined(networks->deny) == row.deny);
        }
    }
    TEST_CASE("names, and lists without end, cannot be said") {
        AccessLists named;
        named.no_access = rules(".example.org");
        CHECK_FALSE(allowed_networks(named));
        AccessLists scattered;
        scattered.only_from = rules("0.0.0.0/0");
        for (int i = 0; i < 500; ++i)
            for (const AccessRule& rule :
                 rules("10." + std::to_string(i % 250) + "." + std::to_string(i / 2 % 250) + ".7"))
                scattered.no_access.push_back(rule);
        CHECK_FALSE(allowed_networks(scattered));
    }
}
