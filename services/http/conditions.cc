// SPDX-License-Identifier: ISC
#include "services/http/conditions.h"

#include <algorithm>

#include "services/http/date.h"

namespace minetd::http {
namespace {

constexpr std::string_view weak_mark = "W/";
constexpr std::time_t settled_after = 60;  // RFC 9110, 8.8.2.2

bool is_weak(std::string_view etag) noexcept {
    return etag.starts_with(weak_mark);
}

std::string_view opaque(std::string_view etag) noexcept {
    return is_weak(etag) ? etag.substr(weak_mark.size()) : etag;
}

bool same_weakly(std::string_view a, std::string_view b) noexcept {
    return opaque(a) == opaque(b);
}

bool same_strongly(std::string_view a, std::string_view b) noexcept {
    return !is_weak(a) && !is_weak(b) && a == b;
}

/// Takes the next entity tag from the front of a list; empty at its end, or where it is none.
std::string_view take_etag(std::string_view& list) noexcept {
    list.remove_prefix(std::min(list.find_first_not_of(" \t,"), list.size()));
    const std::size_t open = is_weak(list) ? weak_mark.size() : 0;
    if (list.size() <= open || list[open] != '"') return {};
    const std::size_t close = list.find('"', open + 1);
    if (close == list.npos) return {};
    const std::string_view etag = list.substr(0, close + 1);
    list.remove_prefix(etag.size());
    return etag;
}

template <class Same>
bool any_of(std::string_view list, std::string_view etag, Same same) noexcept {
    if (list == "*") return true;
    for (std::string_view one; !(one = take_etag(list)).empty();)
        if (same(one, etag)) return true;
    return false;
}

}  // namespace

Verdict judge(const Request& request, const Validators& current) noexcept {
    if (!request.if_match.empty()) {
        if (!any_of(request.if_match, current.etag, same_strongly)) return Verdict::failed;
    } else if (const auto date = parse_date(request.if_unmodified_since)) {
        if (current.modified > *date) return Verdict::failed;
    }
    if (!request.if_none_match.empty())
        return any_of(request.if_none_match, current.etag, same_weakly) ? Verdict::not_modified
                                                                        : Verdict::serve;
    const auto date = parse_date(request.if_modified_since);
    return date && current.modified <= *date ? Verdict::not_modified : Verdict::serve;
}

bool range_applies(const Request& request, const Validators& current, std::time_t now) noexcept {
    if (request.if_range.empty()) return true;
    if (request.if_range.starts_with('"') || is_weak(request.if_range))
        return same_strongly(request.if_range, current.etag);
    const auto date = parse_date(request.if_range);
    return date && *date == current.modified && now - current.modified >= settled_after;
}

}  // namespace minetd::http
