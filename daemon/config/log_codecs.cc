// SPDX-License-Identifier: ISC
// Codecs of what is recorded, and where it goes.
#include <fmt/core.h>

#include <algorithm>

#include "daemon/config/codecs.h"

namespace minetd::codec {
namespace {

struct Field {
    std::string_view word;
    unsigned bit;
};
constexpr Field fields[] = {
    {"PID", log_pid},         {"HOST", log_host},         {"USERID", log_userid},
    {"EXIT", log_exit},       {"DURATION", log_duration}, {"TRAFFIC", log_traffic},
    {"ATTEMPT", log_attempt}, {"USAGE", log_usage},
};

constexpr std::string_view facilities[] = {"daemon", "auth",   "authpriv", "cron",   "ftp",
                                           "kern",   "lpr",    "mail",     "news",   "syslog",
                                           "user",   "uucp",   "local0",   "local1", "local2",
                                           "local3", "local4", "local5",   "local6", "local7"};
constexpr std::string_view levels[] = {"emerg",   "alert",  "crit", "err",
                                       "warning", "notice", "info", "debug"};

std::string one_of(const std::string& word, std::span<const std::string_view> known) {
    for (const std::string_view name : known)
        if (same_word(name, word)) return std::string(name);
    unknown_word(word, known);
}

/// `soft [hard]` of a file, as in xinetd: without `hard` it is 1 % more, within reason.
void take_sizes(LogTarget& target, std::vector<std::string>& rest) {
    constexpr std::int64_t most = std::int64_t{1} << 50;
    if (rest.empty()) return;
    target.soft = static_cast<std::uint64_t>(size_from(rest[0], 0, most));
    target.hard = target.soft == 0
                      ? 0
                      : target.soft + std::clamp<std::uint64_t>(target.soft / 100, 5120, 20480);
    if (rest.size() > 1) {
        target.hard = static_cast<std::uint64_t>(size_from(rest[1], 0, most));
        if (target.hard < target.soft)
            throw BadValue("the hard limit is below the soft one", "write the smaller one first");
    }
    rest.erase(rest.begin(), rest.begin() + std::min<std::ptrdiff_t>(2, std::ssize(rest)));
}

}  // namespace

std::span<const std::string_view> syslog_facilities() noexcept {
    return facilities;
}

void LogFields::apply(const Attribute&, unsigned& value, Operator op, Words words) {
    unsigned bits = 0;
    const bool none = words.size() == 1 && same_word(words[0].text, "NONE");
    for (const Word& word : none ? Words{} : words) {
        std::vector<std::string_view> known;
        const Field* found = nullptr;
        for (const Field& field : fields) {
            known.push_back(field.word);
            if (same_word(field.word, word.text)) found = &field;
        }
        if (!found) unknown_word(word.text, known);
        bits |= found->bit;
    }
    value = op == Operator::set ? bits : op == Operator::add ? value | bits : value & ~bits;
}

std::string LogFields::format(unsigned value) {
    std::string out;
    for (const Field& field : fields)
        if (value & field.bit) out += (out.empty() ? "" : " ") + std::string(field.word);
    return out.empty() ? "NONE" : out;
}

void Target::apply(const Attribute& row, LogTarget& value, Operator op, Words words) {
    require_set(op);
    if (words.empty())
        throw BadValue("there is no value", "write syslog, journal, file:PATH, stderr or none");
    using Kind = LogTarget::Kind;
    static constexpr std::pair<std::string_view, Kind> kinds[] = {
        {"inherit", Kind::inherit}, {"stderr", Kind::err},      {"syslog", Kind::syslog},
        {"file", Kind::file},       {"journal", Kind::journal}, {"none", Kind::none}};
    const std::string& first = words[0].text;
    const std::size_t colon = first.find(':');
    std::vector<std::string> rest;
    if (colon != std::string::npos) rest.push_back(first.substr(colon + 1));
    for (const Word& word : words.subspan(1)) rest.push_back(word.text);

    LogTarget target;
    const std::string kind = first.substr(0, colon);
    std::vector<std::string_view> known;
    bool found = false;
    for (const auto& [name, value_of] : kinds) {
        known.push_back(name);
        if (same_word(name, kind)) found = true, target.kind = value_of;
    }
    if (!found) unknown_word(kind, known);
    if (target.kind == Kind::syslog && !rest.empty()) {
        const std::size_t dot = rest[0].find('.');
        target.facility = one_of(rest[0].substr(0, dot), facilities);
        if (dot != std::string::npos) rest.insert(rest.begin() + 1, rest[0].substr(dot + 1));
        rest.erase(rest.begin());
        if (!rest.empty()) {
            target.level = one_of(rest[0] == "warn"    ? "warning"
                                  : rest[0] == "error" ? "err"
                                                       : rest[0],
                                  levels);
            rest.erase(rest.begin());
        }
    } else if (target.kind == Kind::file) {
        if (rest.empty() || rest[0].empty() || rest[0][0] != '/')
            throw BadValue("a log file needs an absolute path", "write file:/var/log/NAME");
        target.path = checked_text(row, rest[0]);
        rest.erase(rest.begin());
        take_sizes(target, rest);
    }
    if (!rest.empty()) throw BadValue(fmt::format("`{}` is too much here", rest[0]));
    value = target;
}

std::string Target::format(const LogTarget& value) {
    using Kind = LogTarget::Kind;
    switch (value.kind) {
        case Kind::inherit:
            return "inherit";
        case Kind::err:
            return "stderr";
        case Kind::syslog:
            return "syslog:" + value.facility + "." + value.level;
        case Kind::file:
            return quote("file:" + value.path) +
                   (value.hard == 0 ? "" : fmt::format(" {} {}", value.soft, value.hard));
        case Kind::journal:
            return "journal";
        case Kind::none:
            return "none";
    }
    return "inherit";
}

}  // namespace minetd::codec
