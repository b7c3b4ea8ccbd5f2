// SPDX-License-Identifier: ISC
#include "services/status/query.h"

#include <algorithm>
#include <charconv>

#include "services/http/target.h"

namespace minetd::status {
namespace {

constexpr unsigned refresh_max = 86'400;

/// A number that is none is mod_status's default: each second.
unsigned seconds_of(std::string_view value) noexcept {
    unsigned seconds = 0;
    const auto parsed = std::from_chars(value.data(), value.data() + value.size(), seconds);
    return parsed.ec == std::errc() ? std::clamp(seconds, 1U, refresh_max) : 1;
}

}  // namespace

int parse_query(std::string_view path, std::string_view query, Query& asked) {
    http::Target target;
    if (const int status = http::decode_path(path, target); status != 0) return status;
    if (target.path != "server-status") asked.service = target.path;
    if (!query.empty()) query.remove_prefix(1);
    while (!query.empty()) {
        const std::string_view item = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), item.size() + 1));
        const std::size_t equals = std::min(item.find('='), item.size());
        const std::string_view name = item.substr(0, equals);
        const std::string_view value = item.substr(std::min(item.size(), equals + 1));
        // What is not known is left alone: monitoring adds words of its own against caches.
        if (name == "auto") asked.form = Query::Form::plain;
        if (name == "json") asked.form = Query::Form::json;
        if (name == "notable") asked.table = false;
        if (name == "refresh") asked.refresh = seconds_of(value);
        if (name == "service" && !http::decode_value(value, asked.service)) return 400;
    }
    return 0;
}

}  // namespace minetd::status
