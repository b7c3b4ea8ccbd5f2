// SPDX-License-Identifier: ISC
#include "daemon/config/draft.h"

#include <fmt/core.h>

#include <algorithm>
#include <cassert>
#include <initializer_list>

#include "daemon/config/values.h"

namespace minetd {
namespace {

bool is_one_of(std::string_view attribute, std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), attribute) != names.end();
}

// What ServiceSpec::key() is made of.
bool makes_plain_key(std::string_view attribute) {
    return is_one_of(attribute, {"service", "protocol", "rpc_version"});
}
bool makes_whole_key(std::string_view attribute) {
    return is_one_of(attribute, {"bind", "path", "tcpmux", "socket_type"});
}

}  // namespace

void Draft::assign(const Row<ServiceSpec>& row, Operator op, Words words, const Place& place,
                   Diagnostics& diagnostics) {
    try {
        row.assign(row, spec, op, words);
        for (auto& [said, where] : said_) {
            if (said != &row) continue;
            where = place;
            return;
        }
        said_.emplace_back(&row, place);
    } catch (const BadValue& bad) {
        broken_ = true;
        if (makes_plain_key(row.name)) plain_key = false;
        if (makes_whole_key(row.name)) whole_key = false;
        Place at = place;
        if (bad.word < words.size()) at.offset = words[bad.word].offset;
        diagnostics.error(at.where(), fmt::format("{}: {}", row.name, bad.what()), bad.advice);
    }
}

void Draft::assign(std::string_view attribute, Words words, const Place& place,
                   Diagnostics& diagnostics) {
    const Row<ServiceSpec>* row = find_service_attribute(attribute);
    assert(row);
    assign(*row, Operator::set, words, place, diagnostics);
}

void Draft::assign(std::string_view attribute, const std::string& word, const Place& place,
                   Diagnostics& diagnostics) {
    const Word one{word, place.offset};
    assign(attribute, Words(&one, 1), place, diagnostics);
}

void Draft::inherit(const Draft& defaults) {
    ServiceSpec merged = defaults.spec;
    merged.where = spec.where;
    for (const auto& [row, place] : said_) row->copy(spec, merged);
    spec = std::move(merged);
    inherited_ = defaults.said_;
}

const Place* Draft::find(const Sayings& sayings, std::string_view attribute) {
    for (const auto& [row, place] : sayings)
        if (row->name == attribute) return &place;
    return nullptr;
}

Where Draft::where(std::string_view attribute) const {
    const Place* place = find(said_, attribute);
    return place ? place->where() : place_.where();
}

Where Draft::origin(std::string_view attribute) const {
    const Place* place = says(attribute) ? nullptr : find(inherited_, attribute);
    return place ? place->where() : where(attribute);
}

void Draft::error(std::string_view attribute, std::string message, std::string advice,
                  Diagnostics& diagnostics) {
    broken_ = true;
    // The name was read: what is said of it is about the service, or about all of its key.
    if (attribute != "service" && (makes_plain_key(attribute) || makes_whole_key(attribute)))
        whole_key = false;
    diagnostics.error(where(attribute), std::move(message), std::move(advice));
}

std::string Draft::broken_key() const {
    if (by_id) return spec.id + "/?";
    return plain_key && whole_key ? spec.key() : (spec.name.empty() ? label : spec.name) + "/?";
}

}  // namespace minetd
