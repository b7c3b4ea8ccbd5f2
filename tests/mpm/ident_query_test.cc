// SPDX-License-Identifier: ISC
#include "mpm/ident_query.h"

#include <doctest/doctest.h>

#include <string>

#include "daemon/os/socket.h"

using namespace minetd;

TEST_SUITE("mpm") {
    TEST_CASE("an answer of RFC 1413 is understood only if it is about our connection") {
        const std::string bad = "?";
        const struct {
            std::string answer, text;
        } rows[] = {
            {"6193, 23 : USERID : UNIX : stjohns\r\n", "UNIX : stjohns"},
            {"6193,23:USERID:OTHER, US-ASCII:  j o e \r\n", "OTHER, US-ASCII:  j o e"},
            {" 6193 , 23 : userid : UNIX : a:b\n more", "UNIX : a:b"},
            {"6193, 23 : USERID : UNIX : joe", "UNIX : joe"},
            {"6193, 23 : ERROR : NO-USER\r\n", bad},
            {"6194, 23 : USERID : UNIX : joe\r\n", bad},
            {"6193, 24 : USERID : UNIX : joe\r\n", bad},
            {"6193x, 23 : USERID : UNIX : joe\r\n", bad},
            {"71729, 23 : USERID : UNIX : joe\r\n", bad},
            {"6193, 23 : USERID : UNIX :  \r\n", bad},
            {"6193, 23 : USERID : UNIX\r\n", bad},
            {"6193, 23 : USERIDX : UNIX : joe\r\n", bad},
            {"6193 23 USERID UNIX joe\r\n", bad},
            {"joe\r\n", bad},
            {"\r\n", bad},
            {"", bad},
            {std::string("\0\0", 2), bad},
        };
        for (const auto& row : rows) {
            CAPTURE(row.answer);
            const Identified who = read_ident_answer(row.answer, 6193, 23);
            CHECK(who.known == (row.text != bad));
            CHECK(who.text == (row.text == bad ? "bad response" : row.text));
        }
    }

    TEST_CASE("whoever cannot be asked is not identified, and the loop says so once") {
        EventLoop loop;
        int told = 0;
        Identified who;
        const SocketAddress peer = resolve("127.0.0.1", 4711, AF_INET).front();
        const SocketAddress elsewhere = resolve("::1", 7, AF_INET6).front();
        const IdentQuery query(loop, peer, elsewhere, 1000, [&](const Identified& result) {
            ++told;
            who = result;
        });
        CHECK(told == 0);
        loop.run();
        CHECK(told == 1);
        CHECK_FALSE(who.known);
        CHECK(who.text == "no server");
    }
}
