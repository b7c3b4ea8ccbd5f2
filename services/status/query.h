// SPDX-License-Identifier: ISC
// What a request for the status asks to see: its path and its query. Pure.
#pragma once

#include <string>
#include <string_view>

namespace minetd::status {

struct Query {
    enum class Form : unsigned char { page, plain, json };
    Form form = Form::page;
    std::string service;   ///< an id or a key; empty: all
    unsigned refresh = 0;  ///< seconds; 0: never
    bool table = true;
};

/// `path` and `query` (with its question mark) as sent. Returns 0, or the status that refuses them.
int parse_query(std::string_view path, std::string_view query, Query& asked);

}  // namespace minetd::status
