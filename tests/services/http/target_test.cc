// SPDX-License-Identifier: ISC
#include "services/http/target.h"

#include <doctest/doctest.h>

using namespace minetd::http;

TEST_SUITE("services") {
    TEST_CASE("http target: forms, paths and queries") {
        const struct {
            const char* target;
            bool good;
            const char *path, *query;
        } cases[] = {
            {"/", true, "/", ""},
            {"/a/b?c=d?e", true, "/a/b", "?c=d?e"},
            {"/?", true, "/", "?"},
            {"//host/a", true, "//host/a", ""},
            {"http://host/a?b", true, "/a", "?b"},
            {"HTTP://host", true, "/", ""},
            {"http://host?b", true, "/", "?b"},
            {"http:///a", false, "", ""},
            {"https://host/a", false, "", ""},
            {"host:80", false, "", ""},
            {"*", false, "", ""},
            {"a", false, "", ""},
            {"/a#b", false, "", ""},
        };
        for (const auto& c : cases) {
            CAPTURE(c.target);
            TargetParts parts;
            REQUIRE(split_target(c.target, parts) == c.good);
            if (!c.good) continue;
            CHECK(parts.path == c.path);
            CHECK(parts.query == c.query);
        }
    }

    TEST_CASE("http target: decoded, or refused before the file system is asked") {
        const struct {
            const char* path;
            int status;
            const char* decoded;
            bool slash;
        } cases[] = {
            {"/", 0, "", true},
            {"//", 0, "", true},
            {"/a", 0, "a", false},
            {"/a/", 0, "a", true},
            {"//a///b//", 0, "a/b", true},
            {"/a%20b%25c", 0, "a b%c", false},
            {"/%E4%b8%AD", 0, "\xe4\xb8\xad", false},
            {"/a+b", 0, "a+b", false},
            {"/a..b/c.", 0, "a..b/c.", false},
            {"/.well-known/x", 0, ".well-known/x", false},
            {"/.well-known", 0, ".well-known", false},
            {"/a/.well-known/x", 404, "", false},
            {"/.well-knowns", 404, "", false},
            {"/..", 404, "", false},
            {"/../etc/passwd", 404, "", false},
            {"/a/../b", 404, "", false},
            {"/a/..", 404, "", false},
            {"/a/./b", 404, "", false},
            {"/.", 404, "", false},
            {"/%2e%2e/etc/passwd", 404, "", false},
            {"/%2e%2E", 404, "", false},
            {"/.%2e/", 404, "", false},
            {"/.git/config", 404, "", false},
            {"/a/.htaccess", 404, "", false},
            {"/a%2fb", 404, "", false},
            {"/..%2f..%2fetc", 404, "", false},
            {"/%252e%252e/a", 0, "%2e%2e/a", false},  // decoded once
            {"/a%00.html", 404, "", false},
            {"/a%0a", 404, "", false},
            {"/a%7f", 404, "", false},
            {"/..\\..\\a", 404, "", false},
            {"/a\\b", 404, "", false},
            {"/a%5cb", 404, "", false},
            {"/a%", 400, "", false},
            {"/a%4", 400, "", false},
            {"/a%g0", 400, "", false},
            {"/a%0g", 400, "", false},
            {"/%%30", 400, "", false},
        };
        for (const auto& c : cases) {
            CAPTURE(c.path);
            Target target;
            REQUIRE(decode_path(c.path, target) == c.status);
            if (c.status != 0) continue;
            CHECK(target.path == c.decoded);
            CHECK(target.ends_in_slash == c.slash);
        }
    }

    TEST_CASE("http target: what a path is in a URL never leads to another host") {
        CHECK(encode_path("a/b") == "/a/b");
        CHECK(encode_path("a b?c#d%") == "/a%20b%3Fc%23d%25");
        CHECK(encode_path("\xe4\r\n") == "/%E4%0D%0A");
        Target target;
        CHECK(decode_path("//evil.example/", target) == 0);
        CHECK(encode_path(target.path) == "/evil.example");
    }
}
