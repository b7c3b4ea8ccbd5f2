// SPDX-License-Identifier: ISC
// The http builtin from end to end: what a client says, and what it gets.
#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "services/builtins.h"
#include "services/service_context.h"
#include "tests/services/fake_driver.h"
#include "tests/services/http/site.h"

using namespace minetd;

namespace {

std::string pattern(std::size_t size) {
    std::string text(size, '\0');
    for (std::size_t at = 0; at < size; ++at) text[at] = static_cast<char>('a' + at % 23);
    return text;
}

const std::string large = pattern(50'000);
const char* const date = "Sun, 06 Nov 1994 08:49:37 GMT";
const char* const etag = "\"5-ae1b981bc490a00\"";  // of small.txt

struct Served : Site {
    Served() {
        write("index.html", "<p>top</p>\n");
        write("small.txt", "small");
        write("empty", "");
        write("large.bin", large);
        write("dir/index.html", "<p>dir</p>\n");
        write("../secret", "secret");
        link("../secret", "out");
        context.arguments = {root()};
        handler = make_http(context);
    }
    ServiceContext context;
    std::unique_ptr<Handler> handler;
};

/// One response, cut from the front of what was received.
struct Response {
    int status = 0;
    std::string head, body;

    /// The value of a field; empty when there is none.
    std::string field(const std::string& name) const {
        const std::size_t at = head.find("\r\n" + name + ": ");
        if (at == std::string::npos) return {};
        const std::size_t from = at + name.size() + 4;
        return head.substr(from, head.find("\r\n", from) - from);
    }
};

Response take(std::string& received, bool to_head = false) {
    Response response;
    const std::size_t end = received.find("\r\n\r\n");
    REQUIRE(end != std::string::npos);
    response.head = received.substr(0, end + 4);
    REQUIRE(response.head.starts_with("HTTP/1.1 "));
    response.status = std::stoi(response.head.substr(9, 3));
    CHECK(response.field("Server") == "minetd/" MINETD_VERSION);
    CHECK(response.field("Date").size() == std::string(date).size());
    const std::string length = response.field("Content-Length");
    REQUIRE(length.empty() == (response.status == 304));
    const std::size_t size = length.empty() || to_head ? 0 : std::stoul(length);
    REQUIRE(received.size() >= end + 4 + size);
    response.body = received.substr(end + 4, size);
    received.erase(0, end + 4 + size);
    return response;
}

std::string get(const std::string& target, const std::string& fields = {}) {
    return "GET " + target + " HTTP/1.1\r\nHost: test\r\n" + fields + "\r\n";
}

/// The one answer to one request.
Response ask(Handler& handler, const std::string& request) {
    FakeDriver client(handler);
    client.send(request);
    std::string received = client.received();
    const Response response = take(received, request.starts_with("HEAD"));
    CHECK(received.empty());
    return response;
}

}  // namespace

TEST_SUITE("services") {
    TEST_CASE("http: requests and what they get") {
        const Served served;
        const struct {
            std::string request;
            int status;
            std::string body;
        } cases[] = {
            {get("/"), 200, "<p>top</p>\n"},
            {get("/index.html"), 200, "<p>top</p>\n"},
            {get("/small.txt"), 200, "small"},
            {get("/small.txt?a=b"), 200, "small"},
            {get("http://elsewhere/small.txt"), 200, "small"},
            {get("/%73mall.txt"), 200, "small"},
            {get("/empty"), 200, ""},
            {get("/large.bin"), 200, large},
            {get("/dir/"), 200, "<p>dir</p>\n"},
            {"GET /small.txt HTTP/1.0\r\n\r\n", 200, "small"},
            {"GET /large.bin HTTP/1.0\r\n\r\n", 200, large},
            {"HEAD /small.txt HTTP/1.1\r\nHost: a\r\n\r\n", 200, ""},
            {"HEAD /large.bin HTTP/1.0\r\n\r\n", 200, ""},
            {"HEAD /missing HTTP/1.1\r\nHost: a\r\n\r\n", 404, ""},
            {"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 200, ""},
            {"\r\n" + get("/small.txt"), 200, "small"},
            {get("/small.txt", "Content-Length: 0\r\n"), 200, "small"},
            {get("/small.txt", "Content-Length: 3\r\n") + "abc", 200, "small"},
        };
        for (const auto& c : cases) {
            CAPTURE(c.request);
            const Response response = ask(*served.handler, c.request);
            CHECK(response.status == c.status);
            CHECK(response.body == c.body);
        }
    }

    TEST_CASE("http: refusals say so in a page, and whether the connection goes on") {
        const Served served;
        const std::string filler(9000, 'x');
        const struct {
            std::string request;
            int status;
            bool closes;
        } cases[] = {
            {get("/missing"), 404, false},
            {get("/.git/config"), 404, false},
            {get("/../secret"), 404, false},
            {get("/%2e%2e/secret"), 404, false},
            {get("/..%2fsecret"), 404, false},
            {get("/out"), 404, false},
            {get("/small.txt%00.html"), 404, false},
            {get("/..\\secret"), 404, false},
            {get("/small.txt/"), 404, false},
            {get("/%zz"), 400, false},
            {get("*"), 400, false},
            {get("small.txt"), 400, false},
            {"POST /small.txt HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 405, false},
            {"DELETE /small.txt HTTP/1.1\r\nHost: a\r\n\r\n", 405, false},
            {"CONNECT host:80 HTTP/1.1\r\nHost: a\r\n\r\n", 405, false},
            {"TRACE / HTTP/1.0\r\n\r\n", 405, true},
            {"BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501, true},
            {"GET / HTTP/1.1\r\n\r\n", 400, true},
            {"GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505, true},
            {"\x16\x03\x01\n", 400, true},
            {"GET /\n\n", 400, true},
            {"GET /" + filler, 414, true},
            {get("/", "X: " + filler + "\r\n"), 431, true},
            {get("/", "Transfer-Encoding: chunked\r\n") + "0\r\n\r\n", 411, true},
            {get("/", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n") + "0\r\n\r\n", 400,
             true},
            {get("/", "Content-Length: 1\r\nContent-Length: 2\r\n") + "ab", 400, true},
            {get("/", "Content-Length: 65537\r\n"), 413, true},
            {get("/", "Expect: miracles\r\n"), 417, true},
            {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n", 405,
             true},
        };
        for (const auto& c : cases) {
            CAPTURE(c.request.substr(0, 80));
            FakeDriver client(*served.handler);
            client.send(c.request);
            std::string received = client.received();
            const Response response = take(received);
            CHECK(received.empty());
            CHECK(response.status == c.status);
            CHECK(response.body.find("<h1>" + std::to_string(c.status) + ' ') != std::string::npos);
            CHECK(response.body.find("secret") == std::string::npos);
            CHECK(response.field("Content-Type") == "text/html; charset=utf-8");
            CHECK((response.field("Connection") == "close") == c.closes);
            CHECK(client.closed() == c.closes);
            CHECK((response.field("Allow") == "GET, HEAD, OPTIONS") == (c.status == 405));
            if (c.closes) continue;
            client.send(get("/small.txt"));
            CHECK(client.received().ends_with("\r\n\r\nsmall"));
        }
    }

    TEST_CASE("http: the fields of a whole answer") {
        const Served served;
        const Response small = ask(*served.handler, get("/small.txt"));
        CHECK(small.field("Content-Type") == "text/plain; charset=utf-8");
        CHECK(small.field("Content-Length") == "5");
        CHECK(small.field("Last-Modified") == date);
        CHECK(small.field("ETag") == etag);
        CHECK(small.field("Accept-Ranges") == "bytes");
        CHECK(small.field("Connection").empty());
        const Response head = ask(*served.handler, "HEAD /small.txt HTTP/1.1\r\nHost: a\r\n\r\n");
        CHECK(head.field("Content-Length") == "5");
        CHECK(head.field("ETag") == etag);
        const Response file = ask(*served.handler, get("/large.bin"));
        CHECK(file.field("Content-Type") == "application/octet-stream");
        CHECK(file.field("Last-Modified") == date);
        const Response moved = ask(*served.handler, get("/dir?a=b"));
        CHECK(moved.status == 301);
        CHECK(moved.field("Location") == "/dir/?a=b");
        CHECK(ask(*served.handler, get("//dir")).field("Location") == "/dir/");
    }

    TEST_CASE("http: conditions") {
        const Served served;
        const std::string tag = etag;
        const struct {
            std::string fields;
            int status;
        } cases[] = {
            {"If-None-Match: " + tag + "\r\n", 304},
            {"If-None-Match: \"x\"\r\n", 200},
            {"If-None-Match: \"x\"\r\nIf-None-Match: " + tag + "\r\n", 304},
            {"If-Modified-Since: " + std::string(date) + "\r\n", 304},
            {"If-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n", 200},
            {"If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n", 412},
            {"If-Match: \"x\"\r\n", 412},
            {"If-Match: " + tag + "\r\n", 200},
            {"Range: bytes=1-2\r\nIf-Range: " + tag + "\r\n", 206},
            {"Range: bytes=1-2\r\nIf-Range: \"x\"\r\n", 200},
            {"Range: bytes=1-2\r\nIf-Range: " + std::string(date) + "\r\n", 206},
            {"Range: bytes=1-2\r\nIf-None-Match: " + tag + "\r\n", 304},
            {"Range: bytes=9-\r\nIf-Match: \"x\"\r\n", 412},
        };
        for (const auto& c : cases) {
            for (const char* method : {"GET", "HEAD"}) {
                CAPTURE(method);
                CAPTURE(c.fields);
                const bool is_head = *method == 'H';
                const Response response = ask(
                    *served.handler, std::string(method) + " /small.txt HTTP/1.1\r\nHost: a\r\n" +
                                         c.fields + "\r\n");
                CHECK(response.status == (is_head && c.status == 206 ? 200 : c.status));
                if (response.status == 304) CHECK(response.field("ETag") == etag);
                if (response.status == 304) CHECK(response.body.empty());
            }
        }
    }

    TEST_CASE("http: ranges") {
        const Served served;
        const struct {
            const char *target, *range;
            int status;
            const char* content_range;
            std::string body;
        } cases[] = {
            {"/small.txt", "bytes=0-0", 206, "bytes 0-0/5", "s"},
            {"/small.txt", "bytes=1-", 206, "bytes 1-4/5", "mall"},
            {"/small.txt", "bytes=-2", 206, "bytes 3-4/5", "ll"},
            {"/small.txt", "bytes=0-99", 206, "bytes 0-4/5", "small"},
            {"/small.txt", "bytes=1-1,9-", 206, "bytes 1-1/5", "m"},
            {"/small.txt", "bytes=2-1", 200, "", "small"},
            {"/small.txt", "words=1", 200, "", "small"},
            {"/large.bin", "bytes=100-199", 206, "bytes 100-199/50000", large.substr(100, 100)},
            {"/large.bin", "bytes=20000-", 206, "bytes 20000-49999/50000", large.substr(20000)},
            {"/large.bin", "bytes=0-,0-", 200, "", large},
        };
        for (const auto& c : cases) {
            CAPTURE(c.target);
            CAPTURE(c.range);
            const Response response =
                ask(*served.handler, get(c.target, "Range: " + std::string(c.range) + "\r\n"));
            CHECK(response.status == c.status);
            CHECK(response.field("Content-Range") == c.content_range);
            CHECK(response.body == c.body);
        }
        for (const char* range : {"bytes=5-", "bytes=-0"}) {
            const Response response =
                ask(*served.handler, get("/small.txt", "Range: " + std::string(range) + "\r\n"));
            CHECK(response.status == 416);
            CHECK(response.field("Content-Range") == "bytes */5");
        }
    }

    TEST_CASE("http: several ranges are parts, each with its place") {
        const Served served;
        for (const std::string target : {"/small.txt", "/large.bin"}) {
            CAPTURE(target);
            const bool small = target == "/small.txt";
            const Response response =
                ask(*served.handler, get(target, "Range: bytes=3-4, 0-1\r\n"));
            CHECK(response.status == 206);
            const std::string type = response.field("Content-Type");
            const std::string_view start = "multipart/byteranges; boundary=";
            REQUIRE(type.starts_with(start));
            const std::string mark = "\r\n--" + type.substr(start.size());
            const std::string of = small ? "/5" : "/50000";
            const std::string part_type =
                small ? "text/plain; charset=utf-8" : "application/octet-stream";
            CHECK(response.body ==
                  mark + "\r\nContent-Type: " + part_type + "\r\nContent-Range: bytes 3-4" + of +
                      "\r\n\r\n" + (small ? "ll" : large.substr(3, 2)) + mark +
                      "\r\nContent-Type: " + part_type + "\r\nContent-Range: bytes 0-1" + of +
                      "\r\n\r\n" + (small ? "sm" : large.substr(0, 2)) + mark + "--\r\n");
        }
    }

    TEST_CASE("http: one connection, many requests, in any rhythm") {
        const Served served;
        std::string all;
        constexpr int rounds = 30;
        for (int i = 0; i < rounds; ++i)
            all +=
                get("/small.txt") + get("/large.bin") +
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\nGET / HTTP/1.1\r\n\r\n  " +
                get("/missing") + get("/empty");
        all += get("/small.txt", "Connection: close\r\n") + get("/never");
        for (const std::size_t read_size :
             {std::size_t{1}, std::size_t{7}, FakeDriver::unlimited}) {
            for (const std::size_t window : {std::size_t{1000}, FakeDriver::unlimited}) {
                CAPTURE(read_size);
                CAPTURE(window);
                FakeDriver client(*served.handler, {.read_size = read_size, .window = window});
                client.send(all);
                if (window != FakeDriver::unlimited)
                    while (!client.closed()) client.read(window);
                CHECK(client.closed());
                CHECK(client.owed_most() < 64 * 1024 + large.size() + 4096);
                std::string received = client.received();
                for (int i = 0; i < rounds; ++i) {
                    CHECK(take(received).body == "small");
                    CHECK(take(received).body == large);
                    CHECK(take(received).status == 405);
                    CHECK(take(received).status == 404);
                    CHECK(take(received).body.empty());
                }
                const Response last = take(received);
                CHECK(last.body == "small");
                CHECK(last.field("Connection") == "close");
                CHECK(received.empty());
            }
        }
    }

    TEST_CASE("http: a client that ends is answered first") {
        const Served served;
        for (const std::string& request : {get("/small.txt"), get("/large.bin")}) {
            FakeDriver client(*served.handler, {.window = 0});
            client.send(request + request);
            client.end();
            CHECK_FALSE(client.closed());
            while (!client.closed()) client.read(999);
            std::string received = client.received();
            CHECK(take(received).status == 200);
            CHECK(take(received).status == 200);
            CHECK(received.empty());
        }
        for (const char* unfinished : {"", "GET", "GET / HTTP/1.1\r\n"}) {
            FakeDriver client(*served.handler);
            client.send(unfinished);
            client.end();
            CHECK(client.closed());
            CHECK(client.received().empty());
        }
    }

    TEST_CASE("http: HTTP/1.0 goes on only if asked to, and is told so") {
        const Served served;
        FakeDriver client(*served.handler);
        client.send("GET /small.txt HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        CHECK_FALSE(client.closed());
        client.send("GET /large.bin HTTP/1.0\r\n\r\n");
        CHECK(client.closed());
        std::string received = client.received();
        CHECK(take(received).field("Connection") == "keep-alive");
        CHECK(take(received).field("Connection") == "close");
    }

    TEST_CASE("http: a request that is not whole is not answered, and not kept twice") {
        const Served served;
        FakeDriver client(*served.handler);
        const std::string request = get("/small.txt");
        for (std::size_t at = 0; at + 1 < request.size(); ++at) {
            client.send(request.substr(at, 1));
            REQUIRE(client.received().empty());
            REQUIRE(client.next() == Next::read);
        }
        client.send("\n");
        CHECK(client.received().ends_with("\r\n\r\nsmall"));
        CHECK(client.connection().input().empty());
    }

    TEST_CASE("http: the line says what is served and what a directory shows") {
        const Site site;
        site.write("index.html", "html");
        site.write("main.htm", "main");
        ServiceContext context;
        context.arguments = {site.root(), "none", "main.htm", "index.html"};
        CHECK(ask(*make_http(context), get("/")).body == "main");
        context.arguments = {};
        CHECK_THROWS_WITH(make_http(context), doctest::Contains("internal http /srv/www"));
        context.arguments = {site.path("missing")};
        CHECK_THROWS_WITH(make_http(context), doctest::Contains("cannot serve"));
    }
}
