// SPDX-License-Identifier: ISC
#include "services/http/request.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace minetd::http;

namespace {

std::string repeated(const std::string& text, std::size_t count) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i) all += text;
    return all;
}

const std::string line = "GET / HTTP/1.1\r\n";

struct HeadCase {
    std::string input;
    int status;
    std::size_t size = 0;  ///< where it is whole
};

std::vector<HeadCase> head_cases() {
    const std::string longest(HeadScanner::line_max, 'x');
    const std::string fields = repeated("a: b\r\n", HeadScanner::fields_max);
    const std::string wide = "a:" + std::string(8000, 'x') + "\r\n";
    return {
        {"", 0},
        {"G", 0},
        {line, 0},
        {line + "\r", 0},
        {line + "\r\n", 200, line.size() + 2},
        {line + "\r\nGET /next", 200, line.size() + 2},
        {"\r\n" + line + "\r\n", 200, line.size() + 4},
        {"\r\n\r\n" + line, 400},
        {"\n", 400},
        {"GET / HTTP/1.1\n\n", 400},
        {line + "a: b\n\r\n", 400},
        {line + "\n", 400},
        {longest + "\r\n\r\n", 200, longest.size() + 4},
        {longest + "x\r\n", 414},
        {longest + "xx", 414},
        {line + longest + "\r\n\r\n", 200, line.size() + longest.size() + 4},
        {line + longest + "x\r\n", 431},
        {line + longest + "xx", 431},
        {line + fields + "\r\n", 200, line.size() + fields.size() + 2},
        {line + fields + "a: b\r\n", 431},
        {line + wide + wide + wide + wide + "\r\n", 200, line.size() + 4 * wide.size() + 2},
        {line + wide + wide + wide + wide + wide, 431},
    };
}

}  // namespace

TEST_SUITE("services") {
    TEST_CASE("http head: found in one piece") {
        for (const HeadCase& c : head_cases()) {
            CAPTURE(c.input.substr(0, 40));
            CAPTURE(c.input.size());
            HeadScanner scanner;
            CHECK(scanner.scan(c.input) == c.status);
            if (c.status != HeadScanner::whole) continue;
            CHECK(scanner.size() == c.size);
            CHECK(scanner.head(c.input).ends_with("\r\n\r\n"));
            CHECK_FALSE(scanner.head(c.input).starts_with("\r\n"));
        }
    }

    TEST_CASE("http head: byte by byte, with the same end and no later") {
        for (const HeadCase& c : head_cases()) {
            CAPTURE(c.input.substr(0, 40));
            CAPTURE(c.input.size());
            HeadScanner scanner;
            int status = HeadScanner::more;
            std::size_t size = 0;
            while (status == HeadScanner::more && size < c.input.size())
                status = scanner.scan(std::string_view(c.input).substr(0, ++size));
            CHECK(status == c.status);
            if (status == HeadScanner::whole) CHECK(size == c.size);
        }
    }

    TEST_CASE("http request: what is refused, and with what") {
        const struct {
            const char* head;
            int status;
        } cases[] = {
            {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 0},
            {"GET / HTTP/1.0\r\n\r\n", 0},
            {"GET / HTTP/1.1\r\nHost:\r\n\r\n", 0},
            {"GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", 0},
            {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n", 0},
            {"GET / HTTP/1.1\r\n\r\n", 400},
            {"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
            {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
            {"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
            {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
            {"GET / HTTP/0.9\r\n\r\n", 505},
            {"GET / HTTQ/1.1\r\nHost: a\r\n\r\n", 400},
            {"GET /\r\n\r\n", 400},
            {"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
            {"GET / \r\nHost: a\r\n\r\n", 400},
            {"GET / a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
            {"BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
            {"get / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
            {"G\x01T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
            {"GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
            {"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400},
            {"GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
            {"GET / HTTP/1.1\r\nHost: a\r\nb\r\n\r\n", 400},
            {"GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", 400},
            {"GET / HTTP/1.1\r\nHost: a\r\nb: c\x01\r\n\r\n", 400},
            {"GET / HTTP/1.1\r\nHost: a\r\nb: c\rd\r\n\r\n", 400},
            {"GET / HTTP/1.1\r\nHost: a\r\nb: c\r\n d\r\n\r\n", 400},  // folded
            {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", 400},
            {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", 400},
            {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\n", 400},
            {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400},
            {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n", 400},
            {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\n", 400},
            {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", 400},
            {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", 400},
            {"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 411},
            {"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501},
            {"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n", 501},
            {"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
             400},
            {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
             400},
            {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: gzip\r\n\r\n",
             400},
            {"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
             "chunked\r\n\r\n",
             400},
            {"GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
            {"GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\n\r\n", 0},
            {"GET / HTTP/1.1\r\nHost: a\r\nExpect: the-worst\r\n\r\n", 417},
            {"GET / HTTP/1.1\r\nHost: a\r\nRange: bytes=0-\r\nRange: bytes=1-\r\n\r\n", 400},
        };
        for (const auto& c : cases) {
            CAPTURE(c.head);
            Request request;
            CHECK(parse_request(c.head, request) == c.status);
        }
    }

    TEST_CASE("http request: what is understood") {
        Request request;
        REQUIRE(parse_request("HEAD /a?b HTTP/1.1\r\nHost: h:1\r\nIf-None-Match: \"a\"\r\n"
                              "if-none-match: \"b\"\r\nRange: bytes=1-2\r\nContent-Length: 7\r\n"
                              "Expect: 100-continue\r\nIf-Range: \"r\"\r\n\r\n",
                              request) == 0);
        CHECK(request.method == Request::Method::head);
        CHECK(request.target == "/a?b");
        CHECK(request.host == "h:1");
        CHECK(request.if_none_match == "\"a\", \"b\"");
        CHECK(request.range == "bytes=1-2");
        CHECK(request.if_range == "\"r\"");
        CHECK(request.content_length == 7);
        CHECK(request.expects_continue);
        CHECK(request.is_conditional());
    }

    TEST_CASE("http request: whether the connection goes on") {
        const struct {
            const char *version, *field;
            bool goes_on;
        } cases[] = {
            {"1.1", "", true},
            {"1.0", "", false},
            {"1.1", "Connection: close\r\n", false},
            {"1.1", "Connection: x, Close\r\n", false},
            {"1.1", "Connection: keep-alive\r\n", true},
            {"1.0", "Connection: Keep-Alive\r\n", true},
            {"1.0", "Connection: close\r\n", false},
            {"1.0", "Connection: x\r\n", false},
        };
        for (const auto& c : cases) {
            CAPTURE(c.version);
            CAPTURE(c.field);
            Request request;
            REQUIRE(parse_request(std::string("GET / HTTP/") + c.version + "\r\nHost: a\r\n" +
                                      c.field + "\r\n",
                                  request) == 0);
            CHECK(request.keep_alive == c.goes_on);
        }
    }
}
