// SPDX-License-Identifier: ISC
#include "services/http/media_types.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/services/http/site.h"

using namespace minetd;
using namespace minetd::http;

TEST_SUITE("services") {
    TEST_CASE("http media types: the file's word first, then what is common") {
        const Site site;
        site.write("types",
                   "# comment\n"
                   "application/x-none\n"
                   "application/x-mine\t\tmine   own\r\n"
                   "text/x-odd HTML\n"
                   "application/x-late own\n"
                   "\n   \n");
        const MediaTypes types(site.path("types").c_str());
        const MediaTypes common("/nonexistent");
        const struct {
            const char *path, *type, *common;
        } cases[] = {
            {"a.mine", "application/x-mine", "application/octet-stream"},
            {"a.own", "application/x-mine", "application/octet-stream"},
            {"dir.css/a.OWN", "application/x-mine", "application/octet-stream"},
            {"a.html", "text/x-odd; charset=utf-8", "text/html; charset=utf-8"},
            {"a.b.css", "text/css; charset=utf-8", "text/css; charset=utf-8"},
            {"a.json", "application/json", "application/json"},
            {"a.PNG", "image/png", "image/png"},
            {"a", "application/octet-stream", "application/octet-stream"},
            {"a.", "application/octet-stream", "application/octet-stream"},
            {"dir.css/a", "application/octet-stream", "application/octet-stream"},
            {"a.cs", "application/octet-stream", "application/octet-stream"},
            {"a.csss", "application/octet-stream", "application/octet-stream"},
            {"", "application/octet-stream", "application/octet-stream"},
        };
        for (const auto& c : cases) {
            CAPTURE(c.path);
            CHECK(types.of(c.path) == c.type);
            CHECK(common.of(c.path) == c.common);
        }
        CHECK(common.of("a." + std::string(300, 'x')) == "application/octet-stream");
    }
}
