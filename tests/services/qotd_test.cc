// SPDX-License-Identifier: ISC
#include <doctest/doctest.h>

#include <set>
#include <string>

#include "services/builtins.h"
#include "services/service_context.h"
#include "tests/services/fake_driver.h"
#include "tests/services/http/site.h"

using namespace minetd;

namespace {

std::set<std::string> heard(Handler& handler, bool datagrams) {
    std::set<std::string> quotes;
    for (int i = 0; i < 500; ++i) {
        if (datagrams) {
            const SocketAddress peer;
            Datagram datagram(peer, "anything");
            handler.on_datagram(datagram);
            quotes.insert(datagram.reply().value_or("none"));
        } else {
            FakeDriver client(handler);
            CHECK(client.closed());
            quotes.insert(client.received());
        }
    }
    return quotes;
}

}  // namespace

TEST_SUITE("services") {
    TEST_CASE("qotd: without a file, quotations of our own") {
        const ServiceContext context;
        const auto handler = make_qotd(context);
        for (const bool datagrams : {false, true}) {
            const std::set<std::string> quotes = heard(*handler, datagrams);
            CHECK(quotes.size() == 7);
            for (const std::string& quote : quotes) {
                CHECK(quote.ends_with(".\r\n"));
                CHECK(quote.size() <= 512);
            }
        }
    }

    TEST_CASE("qotd: a file in fortune's form") {
        const Site site;
        const std::string fits(510, 'x');
        const struct {
            std::string text;
            std::set<std::string> quotes;
        } cases[] = {
            {"one\n", {"one\r\n"}},
            {"one", {"one\r\n"}},
            {"one\n%\ntwo\nlines\n%\n", {"one\r\n", "two\r\nlines\r\n"}},
            {"%\n%\none\n%\n%\n", {"one\r\n"}},
            {"one\r\n%\r\ntwo\r\n", {"one\r\n", "two\r\n"}},
            {"%% is text\n%\n% too\n", {"%% is text\r\n", "% too\r\n"}},
            {fits + "\n%\n" + fits + "x\n%\nshort\n", {fits + "\r\n", "short\r\n"}},
        };
        for (const auto& c : cases) {
            CAPTURE(c.text);
            site.write("quotes", c.text);
            ServiceContext context;
            context.arguments = {site.path("quotes")};
            const auto handler = make_qotd(context);
            CHECK(heard(*handler, false) == c.quotes);
            CHECK(heard(*handler, true) == c.quotes);
        }
    }

    TEST_CASE("qotd: a file without a quotation is an error at the start") {
        const Site site;
        ServiceContext context;
        context.arguments = {site.path("quotes")};
        CHECK_THROWS_WITH(make_qotd(context), doctest::Contains("cannot read"));
        for (const std::string& text :
             {std::string(), std::string("%\n%\n"), std::string(600, 'x')}) {
            site.write("quotes", text);
            CHECK_THROWS_WITH(make_qotd(context), doctest::Contains("no quotation"));
        }
    }
}
