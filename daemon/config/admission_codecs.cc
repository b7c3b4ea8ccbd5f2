// SPDX-License-Identifier: ISC
#include "daemon/config/admission_codecs.h"

#include <fmt/core.h>

#include <algorithm>
#include <unordered_set>

#include "daemon/config/access_words.h"

namespace minetd::codec {

void AccessWords::apply(const Attribute&, AccessRules& value, Operator op, Words words) {
    if (op == Operator::set) value.clear();
    // Lists of blocked networks have tens of thousands of words.
    std::unordered_set<std::string> there;
    for (const AccessRule& rule : value) there.insert(access_text(rule));
    for (const Word& word : words) {
        AccessRules said;
        try {
            read_access_word(word.text, said);
        } catch (const BadValue& bad) {
            throw BadValue(bad.what(), bad.advice, static_cast<std::size_t>(&word - words.data()));
        }
        for (AccessRule& rule : said) {
            if (op != Operator::remove) {
                if (there.insert(access_text(rule)).second) value.push_back(std::move(rule));
                continue;
            }
            const auto found = std::find(value.begin(), value.end(), rule);
            if (found == value.end())
                throw BadValue(fmt::format("`{}` is not in the list", word.text), "",
                               static_cast<std::size_t>(&word - words.data()));
            value.erase(found);
        }
    }
}

std::string AccessWords::format(const AccessRules& value) {
    std::string out;
    for (const AccessRule& rule : value) out += (out.empty() ? "" : " ") + access_text(rule);
    return out;
}

void OnlyFrom::apply(const Attribute& row, Value& value, Operator op, Words words) {
    const bool everybody = words.size() == 1 && words[0].text == "*";
    if (everybody && op == Operator::set) return value.reset();
    if (everybody)
        throw BadValue("`*` is everybody, with nobody to add or to take away", "write = *");
    AccessRules rules = value.value_or(AccessRules{});
    AccessWords::apply(row, rules, op, words);
    value = std::move(rules);
}

std::string OnlyFrom::format(const Value& value) {
    return value ? AccessWords::format(*value) : "*";
}

namespace {

/// `HH:MM`; 24:00 is the end of the day.
std::uint16_t time_from(std::string_view text) {
    const std::size_t colon = text.find(':');
    const auto hour = decimal(text.substr(0, colon));
    const auto minute = colon == text.npos ? std::nullopt : decimal(text.substr(colon + 1));
    const bool end = hour && minute && *hour == 24 && *minute == 0;
    if (!end && (!hour || !minute || *hour < 0 || *hour > 23 || *minute < 0 || *minute > 59))
        throw BadValue(fmt::format("`{}` is no time of the day", text),
                       "write ranges such as 08:00-17:30");
    return static_cast<std::uint16_t>(*hour * 60 + *minute);
}

}  // namespace

void TimeRanges::apply(const Attribute&, Value& value, Operator op, Words words) {
    require_set(op);
    value.clear();
    for (const Word& word : words) {
        const auto index = static_cast<std::size_t>(&word - words.data());
        const std::size_t dash = word.text.find('-');
        try {
            if (dash == std::string::npos)
                throw BadValue(fmt::format("`{}` is no range of times", word.text),
                               "write ranges such as 08:00-17:30");
            value.push_back({time_from(std::string_view(word.text).substr(0, dash)),
                             time_from(std::string_view(word.text).substr(dash + 1))});
        } catch (const BadValue& bad) {
            throw BadValue(bad.what(), bad.advice, index);
        }
    }
}

std::string TimeRanges::format(const Value& value) {
    std::string out;
    for (const TimeRange& range : value)
        out += fmt::format("{}{:02}:{:02}-{:02}:{:02}", out.empty() ? "" : " ", range.from / 60,
                           range.from % 60, range.to / 60, range.to % 60);
    return out;
}

namespace {

struct Period {
    char letter;
    unsigned seconds;
};
constexpr Period periods[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};

}  // namespace

void RateOfSource::apply(const Attribute& row, Value& value, Operator op, Words words) {
    require_set(op);
    if (words.size() == 1 && same_word(words[0].text, "unlimited")) return value.reset();
    if (words.empty() || words.size() > 2)
        throw BadValue("this takes a rate, and maybe a burst", "write 10/s, or 100/m 20");
    const std::string_view text = words[0].text;
    const std::size_t slash = text.find('/');
    Rate rate;
    rate.seconds = 0;
    if (slash != text.npos && slash + 2 == text.size())
        for (const Period& period : periods)
            if (text.back() == period.letter) rate.seconds = period.seconds;
    if (rate.seconds == 0)
        throw BadValue(fmt::format("`{}` is no rate", text), "write 10/s, 100/m, 1000/h or 1/d");
    rate.count = static_cast<unsigned>(number_from(text.substr(0, slash), 1, row.max));
    rate.burst = words.size() == 2 ? static_cast<unsigned>(number_from(words[1].text, 1, row.max))
                                   : rate.count;
    value = rate;
}

std::string RateOfSource::format(const Value& value) {
    if (!value) return "unlimited";
    const auto period = std::find_if(std::begin(periods), std::end(periods),
                                     [&](const Period& p) { return p.seconds == value->seconds; });
    return fmt::format("{}/{} {}", value->count, period->letter, value->burst);
}

void Prefixes::apply(const Attribute&, SourcePrefix& value, Operator op, Words words) {
    require_set(op);
    if (words.size() != 2)
        throw BadValue("this takes two numbers of bits, of IPv4 and of IPv6", "write 32 64");
    value.v4 = static_cast<unsigned>(number_from(words[0].text, 0, 32));
    value.v6 = static_cast<unsigned>(number_from(words[1].text, 0, 128));
}

std::string Prefixes::format(const SourcePrefix& value) {
    return fmt::format("{} {}", value.v4, value.v6);
}

void DenyTime::apply(const Attribute& row, unsigned& value, Operator op, Words words) {
    const std::string& word = only_word(op, words);
    if (same_word(word, "FOREVER"))
        value = deny_forever;
    else if (same_word(word, "NEVER"))
        value = deny_never;
    else
        value = static_cast<unsigned>(number_from(word, row.min, row.max));
}

std::string DenyTime::format(unsigned value) {
    if (value == deny_forever) return "FOREVER";
    return value == deny_never ? "NEVER" : std::to_string(value);
}

void Destination::apply(const Attribute& row, Redirect& value, Operator op, Words words) {
    require_set(op);
    if (words.empty()) {
        value.host.clear();
        value.port.clear();
        return;
    }
    if (words.size() != 2) throw BadValue("this takes a host and a port", "write 192.0.2.1 80", 0);
    std::string host = checked_text(row, words[0].text);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    if (host.empty()) throw BadValue("there is no host", "write 192.0.2.1 80");
    if (words[1].text.empty()) throw BadValue("there is no port", "write 192.0.2.1 80", 1);
    const std::string& port = checked_text(row, words[1].text);
    if (decimal(port)) static_cast<void>(number_from(port, 1, 65535));
    value.host = std::move(host);
    value.port = port;
}

std::string Destination::format(const Redirect& value) {
    return value.host.empty() ? "" : quote(std::vector<std::string>{value.host, value.port});
}

void Versions::apply(const Attribute& row, RpcProgram& value, Operator op, Words words) {
    const std::string_view text = only_word(op, words);
    if (same_word(text, "none")) {
        value.low = value.high = 0;
        return;
    }
    const std::size_t dash = text.find('-');
    const auto low = number_from(text.substr(0, dash), 1, row.max);
    const auto high = dash == text.npos ? low : number_from(text.substr(dash + 1), 1, row.max);
    if (high < low) throw BadValue(fmt::format("`{}` ends before it begins", text));
    value.low = static_cast<unsigned>(low);
    value.high = static_cast<unsigned>(high);
}

std::string Versions::format(const RpcProgram& value) {
    if (value.low == 0) return "none";
    return value.low == value.high ? std::to_string(value.low)
                                   : fmt::format("{}-{}", value.low, value.high);
}

}  // namespace minetd::codec
