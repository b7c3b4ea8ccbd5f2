// SPDX-License-Identifier: ISC
#include "services/status/query.h"

#include <doctest/doctest.h>

using namespace minetd::status;

TEST_SUITE("services") {
    TEST_CASE("status: what a path and a query ask for") {
        using Form = Query::Form;
        const struct {
            std::string_view path, query;
            int status;
            Form form;
            std::string_view service;
            unsigned refresh;
            bool table;
        } cases[] = {
            {"/", "", 0, Form::page, "", 0, true},
            {"/server-status", "?auto", 0, Form::plain, "", 0, true},
            {"/server-status", "?json", 0, Form::json, "", 0, true},
            {"/server-status/", "?auto&x=1", 0, Form::plain, "", 0, true},
            {"/echo", "?auto", 0, Form::plain, "echo", 0, true},
            {"/echo/tcp4", "", 0, Form::page, "echo/tcp4", 0, true},
            {"/", "?auto&service=a%2Fb+c", 0, Form::plain, "a/b c", 0, true},
            {"/", "?service=%2frun%2Fx.sock", 0, Form::page, "/run/x.sock", 0, true},
            {"/", "?refresh=5&notable", 0, Form::page, "", 5, false},
            {"/", "?refresh", 0, Form::page, "", 1, true},
            {"/", "?refresh=0", 0, Form::page, "", 1, true},
            {"/", "?refresh=9999999999", 0, Form::page, "", 1, true},
            {"/", "?refresh=999999", 0, Form::page, "", 86'400, true},
            {"/", "?&&=&automatic", 0, Form::page, "", 0, true},
            {"/", "?service=%2", 400, Form::page, "", 0, true},
            {"/", "?service=%zz", 400, Form::page, "", 0, true},
            {"/%zz", "", 400, Form::page, "", 0, true},
            {"/../etc", "", 404, Form::page, "", 0, true},
        };
        for (const auto& c : cases) {
            CAPTURE(c.path);
            CAPTURE(c.query);
            Query asked;
            CHECK(parse_query(c.path, c.query, asked) == c.status);
            if (c.status != 0) continue;
            CHECK(asked.form == c.form);
            CHECK(asked.service == c.service);
            CHECK(asked.refresh == c.refresh);
            CHECK(asked.table == c.table);
        }
    }
}
