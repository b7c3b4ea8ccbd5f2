// SPDX-License-Identifier: ISC
#include "daemon/saved_state.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "daemon/handover_values.h"

namespace minetd {
namespace {

using handed::coded, handed::decoded, handed::Json, handed::list_of, handed::number, handed::whole,
    handed::wrong;

// Each thing is a list of numbers: there may be many of them.

std::string text_of(const Window& window) {
    return fmt::format("[{},{}]", window.slice, fmt::join(window.counts, ","));
}

Window window(const Json& json) {
    Window out;
    const Json& items = list_of(1 + std::size(out.counts), json, "minute");
    out.slice = whole<std::int64_t>(items[0], "slice");
    for (std::size_t i = 0; i < std::size(out.counts); ++i)
        out.counts[i] = whole<std::uint32_t>(items[i + 1], "count");
    return out;
}

LedgerMemory::Known known(const Json& json) {
    const Json& items = list_of(6, json, "source");
    LedgerMemory::Known out;
    out.source.kind = whole<std::uint32_t>(items[0], "kind");
    out.source.key = {whole<std::uint64_t>(items[1], "address"),
                      whole<std::uint64_t>(items[2], "address")};
    out.last_used = whole<Milliseconds>(items[3], "last_used");
    out.rate_full_at = whole<FullAt>(items[4], "rate");
    out.minute = window(items[5]);
    return out;
}

DenyList::Denial denial(const Json& json) {
    const Json& items = list_of(4, json, "denied");
    DenyList::Denial out{.address = {whole<std::uint64_t>(items[0], "address"),
                                     whole<std::uint64_t>(items[1], "address")},
                         .length = whole<unsigned>(items[2], "length"),
                         .until = whole<Milliseconds>(items[3], "until")};
    if (out.length > address_length || prefix_of(out.address, out.length) != out.address)
        wrong("a denied address is none");
    if (out.until > DenyList::for_ever) wrong("`until` is later than for ever");
    return out;
}

Scoreboard::Totals totals(const Json& json) {
    const Json& items = list_of(5, json, "totals");
    Scoreboard::Totals out;
    std::size_t i = 0;
    for (std::uint64_t* count : {&out.accesses, &out.requests, &out.bytes, &out.busy, &out.refused})
        *count = whole<std::uint64_t>(items[i++], "totals");
    return out;
}

SavedState read(const Json& json, Milliseconds now) {
    if (!json.is_object() || json.at("what") != "minetd-state") wrong("it is none of minetd's");
    const int format = number<int>(json, "format");
    if (format != SavedState::format)
        wrong(fmt::format("its format is {}, and minetd " MINETD_VERSION " reads format {}", format,
                          SavedState::format));
    SavedState out;
    const Json& denied = json.at("denied");
    if (!denied.is_array() || denied.size() > DenyList::capacity)
        wrong("`denied` is no list, or too long");
    for (const Json& item : denied)
        if (const DenyList::Denial one = denial(item); one.until > now) out.denied.push_back(one);
    const Json& services = json.at("services");
    if (!services.is_object()) wrong("`services` is none of ours");
    std::size_t sources = 0;
    for (const auto& [key, item] : services.items()) {
        SavedState::Service& service = out.services[decoded(key)];
        service.totals = totals(item.at("totals"));
        service.counts.minute = window(item.at("minute"));
        service.counts.paused_until = number<Milliseconds>(item, "paused_until");
        for (const Json& one : item.at("sources")) service.counts.sources.push_back(known(one));
        sources += service.counts.sources.size();
        if (sources > SavedState::most_sources) wrong("there are too many sources");
        keep_what_holds(service.counts, now, SavedState::most_sources);
    }
    return out;
}

}  // namespace

std::string SavedState::to_text() const {
    // Written as it goes: there may be tens of thousands of lists, and the loop stands still.
    fmt::memory_buffer out;
    const auto add = [&out]<class... Parts>(fmt::format_string<Parts...> form, Parts&&... parts) {
        fmt::format_to(std::back_inserter(out), form, std::forward<Parts>(parts)...);
    };
    add(R"({{"what":"minetd-state","format":{},"denied":[)", format);
    const char* comma = "";
    for (const auto& [address, length, until] : denied)
        add("{}[{},{},{},{}]", std::exchange(comma, ","), address.high, address.low, length, until);
    add(R"(],"services":{{)");
    comma = "";
    for (const auto& [key, service] : services) {
        const auto& [counts, sums] = service;
        add(R"({}{}:{{"totals":[{},{},{},{},{}],"minute":{},"paused_until":{},"sources":[)",
            std::exchange(comma, ","), Json(coded(key)).dump(), sums.accesses, sums.requests,
            sums.bytes, sums.busy, sums.refused, text_of(counts.minute), counts.paused_until);
        const char* another = "";
        for (const auto& [source, last_used, rate_full_at, minute] : counts.sources)
            add("{}[{},{},{},{},{},{}]", std::exchange(another, ","), source.kind, source.key.high,
                source.key.low, last_used, rate_full_at, text_of(minute));
        add("]}}");
    }
    add("}}}}");
    return fmt::to_string(out);
}

SavedState SavedState::from_text(const std::string& text, Milliseconds now) {
    try {
        return read(Json::parse(text), now);
    } catch (const nlohmann::json::exception& problem) {
        wrong(problem.what());
    }
}

}  // namespace minetd
