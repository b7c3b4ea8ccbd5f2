// SPDX-License-Identifier: ISC
#include "daemon/config/xinetd_attributes.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>

#include "daemon/config/access_words.h"
#include "daemon/config/values.h"
#include "daemon/config/xinetd_native.h"
#include "daemon/config/xinetd_values.h"
#include "daemon/config/xinetd_words.h"

namespace minetd {
namespace {

using enum XinetdAttribute::Count;
using enum XinetdAttribute::Scope;

// -- how a setting is taken

void say(XinetdEntry& entry, const XinetdAttribute& attribute, const XinetdSetting& setting,
         Words words, Diagnostics& diagnostics) {
    const Row<ServiceSpec>* row = find_service_attribute(attribute.native);
    const Place place = words.empty() ? setting.place : setting.at(words[0]);
    entry.draft.assign(*row, setting.op, words, place, diagnostics);
}

void direct(XinetdEntry& entry, const XinetdAttribute& attribute, const XinetdSetting& setting,
            Diagnostics& diagnostics) {
    say(entry, attribute, setting, setting.words, diagnostics);
}

void types(XinetdEntry& entry, const XinetdAttribute&, const XinetdSetting& setting, Diagnostics&) {
    entry.types = xinetd_types(setting.words);
}

void flags(XinetdEntry& entry, const XinetdAttribute&, const XinetdSetting& setting, Diagnostics&) {
    entry.flags = xinetd_flags(setting.words);
}

void disable(XinetdEntry& entry, const XinetdAttribute&, const XinetdSetting& setting,
             Diagnostics&) {
    entry.disabled = same_word(setting.words[0].text, "yes");
}

void protocol(XinetdEntry& entry, const XinetdAttribute&, const XinetdSetting& setting,
              Diagnostics&) {
    entry.protocol = setting.words[0].text;
}

void v6only(XinetdEntry& entry, const XinetdAttribute&, const XinetdSetting& setting,
            Diagnostics&) {
    entry.v6only = same_word(setting.words[0].text, "yes");
}

void ids(XinetdEntry& entry, const XinetdAttribute& attribute, const XinetdSetting& setting,
         Diagnostics&) {
    auto& list = attribute.name == "enabled" ? entry.enabled_ids : entry.disabled_ids;
    for (const Word& word : setting.words) {
        if (setting.op != Operator::remove) list.push_back(word);
        if (setting.op == Operator::remove)
            std::erase_if(list, [&](const Word& id) { return same_word(id.text, word.text); });
    }
}

/// Numbers that xinetd takes beyond what there is here are as much as there is; nice(2) stops at
/// the end of its range by itself.
void clamped(XinetdEntry& entry, const XinetdAttribute& attribute, const XinetdSetting& setting,
             Diagnostics& diagnostics) {
    const Row<ServiceSpec>& row = *find_service_attribute(attribute.native);
    std::vector<Word> words = setting.words;
    for (Word& word : words) {
        const auto number = decimal(word.text.substr(0, word.text.find('.')));
        if (!number || (*number < 0 && row.min >= 0)) continue;  // that is no value at all
        if (*number >= row.min && *number <= row.max) continue;
        word.text = std::to_string(std::clamp(*number, row.min, row.max));
        diagnostics.warning(setting.at(word).where(),
                            fmt::format("{}: there is no more than {}", attribute.name, word.text),
                            fmt::format("write {}", word.text));
    }
    say(entry, attribute, setting, words, diagnostics);
}

/// 0 is no limit of its own.
void limit(XinetdEntry& entry, const XinetdAttribute& attribute, const XinetdSetting& setting,
           Diagnostics& diagnostics) {
    const std::string& word = setting.words[0].text;
    if (word.find_first_not_of("0kKmM") != word.npos)
        direct(entry, attribute, setting, diagnostics);
}

/// Names that the daemon's environment cannot have pass nothing: what is left is passed.
void passenv(XinetdEntry& entry, const XinetdAttribute& attribute, const XinetdSetting& setting,
             Diagnostics& diagnostics) {
    std::vector<Word> names;
    const auto& passed = entry.draft.spec.passenv;
    for (const Word& word : setting.words) {
        const bool named = std::all_of(word.text.begin(), word.text.end(), [](unsigned char c) {
            return std::isalnum(c) != 0 || c == '_';
        });
        const bool there =
            passed && std::find(passed->begin(), passed->end(), word.text) != passed->end();
        if (!named)
            diagnostics.warning(setting.at(word).where(),
                                fmt::format("passenv: `{}` is not the name of a variable, and "
                                            "passes none",
                                            word.text),
                                "`passenv =` alone says that the server gets none");
        else if (setting.op != Operator::remove || there)
            names.push_back(word);
    }
    say(entry, attribute, setting, names, diagnostics);
}

void env(XinetdEntry& entry, const XinetdAttribute& attribute, const XinetdSetting& setting,
         Diagnostics& diagnostics) {
    if (setting.op == Operator::remove)
        throw BadValue("a variable cannot be taken away again",
                       "write = or +=", setting.words.size());
    for (const Word& word : setting.words)
        if (word.text.find('=') == word.text.npos || word.text.starts_with('='))
            throw BadValue(fmt::format("`{}` is not NAME=value", word.text),
                           "write NAME=value, without blanks in it",
                           static_cast<std::size_t>(&word - setting.words.data()));
    direct(entry, attribute, setting, diagnostics);
}

void access_times(XinetdEntry& entry, const XinetdAttribute& attribute,
                  const XinetdSetting& setting, Diagnostics& diagnostics) {
    direct(entry, attribute, setting, diagnostics);
    std::string_view told;
    for (const TimeRange& range : entry.draft.spec.limits.access_times)
        if (range.to == 1440 || range.from == 1440)
            told = "24:00 is midnight, the end of the day";
        else if (range.from > range.to)
            told = "the range that ends before it begins goes over midnight";
    if (!told.empty() && !entry.draft.broken())
        diagnostics.warning(setting.place.where(),
                            fmt::format("access_times: {}; xinetd disables the service", told),
                            "that is accepted here");
}

/// One word of a list of addresses; throws BadValue. Says where it means more than to xinetd.
void check_address(const Word& word, const XinetdAttribute& attribute, const XinetdSetting& setting,
                   Diagnostics& diagnostics) {
    AccessRules rules;
    read_access_word(word.text, rules);
    const std::size_t slash = word.text.find('/');
    if (slash != std::string::npos && word.text.find('.', slash) != std::string::npos)
        diagnostics.warning(
            setting.at(word).where(),
            fmt::format("{}: {} is the network {} here; xinetd takes it as the one address {}",
                        attribute.name, word.text, access_text(rules[0]),
                        word.text.substr(0, slash)),
            fmt::format("write {}", access_text(rules[0])));
}

/// A short form, which is an error natively, means what it means to xinetd.
void spell_out(Word& word, const XinetdAttribute& attribute, const XinetdSetting& setting,
               Diagnostics& diagnostics) {
    const auto said = short_address(word.text);
    if (!said) return;
    diagnostics.warning(
        setting.at(word).where(),
        fmt::format("{}: {} is {}, as with xinetd", attribute.name, word.text, said->is),
        fmt::format("write {}, if that is meant", said->looks_like));
    word.text = said->is;
}

void addresses(XinetdEntry& entry, const XinetdAttribute& attribute, const XinetdSetting& setting,
               Diagnostics& diagnostics) {
    const AccessLists& said = entry.draft.spec.access;
    const bool allows = attribute.name == "only_from";
    std::vector<Word> words;
    for (std::size_t index = 0; index < setting.words.size(); ++index) {
        Word word = setting.words[index];
        spell_out(word, attribute, setting, diagnostics);
        try {
            check_address(word, attribute, setting, diagnostics);
        } catch (const BadValue& bad) {
            // xinetd drops the word: whoever it was to admit is refused, which is safe; whoever it
            // was to ban would be admitted.
            const bool comma =
                word.text.find('{') == word.text.npos && word.text.find(',') != word.text.npos;
            if (!allows || comma) throw BadValue(bad.what(), bad.advice, index);
            diagnostics.warning(setting.at(word).where(),
                                fmt::format("{}: {}: it admits nobody", attribute.name, bad.what()),
                                bad.advice);
            continue;
        }
        if (setting.op == Operator::remove) {
            AccessRules rules;
            read_access_word(word.text, rules);
            const AccessRules& list =
                allows ? said.only_from.value_or(AccessRules{}) : said.no_access;
            const bool there = std::all_of(rules.begin(), rules.end(), [&](const auto& rule) {
                return std::find(list.begin(), list.end(), rule) != list.end();
            });
            if (!there) {
                diagnostics.warning(
                    setting.at(word).where(),
                    fmt::format("{}: `{}` is not in the list", attribute.name, word.text),
                    "leave it out");
                continue;
            }
        }
        words.push_back(word);
    }
    say(entry, attribute, setting, words, diagnostics);
}

// -- the table

// name, values, where, list, native, what is taken, how
constexpr XinetdAttribute table[] = {
    {"id", one, service, false, "id", nullptr, direct},
    {"type", any, service, false, "", nullptr, types},
    {"flags", any, service, false, "", nullptr, flags},
    {"disable", one, service, false, "", xinetd::yes_or_no, disable},
    {"socket_type", one, service, false, "socket_type", xinetd::socket_type, direct},
    {"protocol", one, service, false, "", nullptr, protocol},
    {"wait", one, service, false, "serve", xinetd::yes_or_no, direct},
    {"user", one, service, false, "user", nullptr, direct},
    {"group", one, service, false, "group", nullptr, direct},
    {"groups", one, both, false, "groups", xinetd::yes_or_no, direct},
    {"instances", one, both, false, "instances", xinetd::count_or_unlimited, clamped},
    {"per_source", one, both, false, "per_source", xinetd::count_or_unlimited, clamped},
    {"cps", two, both, false, "cps", xinetd::counts, clamped},
    {"max_load", one, both, false, "max_load", nullptr, clamped},
    {"nice", one, service, false, "nice", xinetd::niceness, clamped},
    {"umask", one, both, false, "umask", xinetd::octal, direct},
    {"server", one, service, false, "server", nullptr, direct},
    {"server_args", any, service, false, "server_args", nullptr, direct},
    {"env", any, service, true, "env", nullptr, env},
    {"passenv", any, both, true, "passenv", nullptr, passenv},
    {"port", one, service, false, "port", xinetd::count, direct},
    {"bind", one, both, false, "bind", nullptr, direct},
    {"interface", one, both, false, "bind", nullptr, direct},
    {"v6only", one, both, false, "", xinetd::yes_or_no, v6only},
    {"redirect", two, service, false, "redirect", nullptr, direct},
    {"only_from", any, both, true, "only_from", nullptr, addresses},
    {"no_access", any, both, true, "no_access", nullptr, addresses},
    {"access_times", any, service, false, "access_times", xinetd::access_times, access_times},
    {"log_type", any, both, false, "log_type", xinetd::log_type, direct},
    {"log_on_success", any, both, true, "log_on_success", xinetd::log_on_success, direct},
    {"log_on_failure", any, both, true, "log_on_failure", xinetd::log_on_failure, direct},
    {"banner", one, both, false, "banner", nullptr, direct},
    {"banner_success", one, both, false, "banner_success", nullptr, direct},
    {"banner_fail", one, both, false, "banner_fail", nullptr, direct},
    {"rpc_version", one, service, false, "rpc_version", nullptr, direct},
    {"rpc_number", one, service, false, "rpc_number", xinetd::count, direct},
    {"rlimit_as", one, service, false, "rlimit_as", xinetd::bytes, limit},
    {"rlimit_data", one, service, false, "rlimit_data", xinetd::bytes, limit},
    {"rlimit_rss", one, service, false, "rlimit_rss", xinetd::bytes, limit},
    {"rlimit_stack", one, service, false, "rlimit_stack", xinetd::bytes, limit},
    {"rlimit_files", one, service, false, "rlimit_nofile", xinetd::seconds, limit},
    {"rlimit_cpu", one, service, false, "rlimit_cpu", xinetd::seconds, limit},
    {"deny_time", one, service, false, "deny_time", xinetd::minutes, clamped},
    {"libwrap", one, service, false, "libwrap", nullptr, direct},
    {"mdns", one, both, false, "mdns", xinetd::yes_or_no, direct},
    {"enabled", any, defaults, true, "", nullptr, ids},
    {"disabled", any, defaults, true, "", nullptr, ids},
};

const XinetdAttribute* find(std::string_view name) {
    for (const XinetdAttribute& attribute : table)
        if (same_word(attribute.name, name)) return &attribute;
    return find_native_attribute(name);
}

std::string near(std::string_view name) {
    std::vector<std::string_view> names;
    for (const XinetdAttribute& attribute : table) names.push_back(attribute.name);
    for (const XinetdAttribute& own : native_attributes()) names.push_back(own.name);
    return did_you_mean(name, names);
}

// -- what is accepted

bool is_operator(const Word& word) {
    return word.text == "=" || word.text == "+=" || word.text == "-=";
}

/// A comment behind the value, or a note that a tutorial draws an arrow to.
bool begins_comment(const Word& word) {
    return word.text.starts_with('#') || word.text.starts_with("<=") || word.text.starts_with("<-");
}

/// What xinetd does with the words of a comment: those of a list whose words it does not know
/// beforehand are more of them.
std::string_view effect_of_comment(const XinetdAttribute& attribute, bool in_defaults) {
    static constexpr std::string_view open_lists[] = {"only_from", "no_access", "passenv",
                                                      "enabled", "disabled"};
    if (attribute.count != any) return "ignores this line for it";
    if (std::find(std::begin(open_lists), std::end(open_lists), attribute.name) !=
        std::end(open_lists))
        return "takes these words as values";
    return in_defaults ? "ends because of it" : "disables the service for it";
}

void drop_comment(XinetdSetting& setting, const XinetdAttribute& attribute, bool in_defaults,
                  Diagnostics& diagnostics) {
    const auto comment = std::find_if(setting.words.begin(), setting.words.end(), begins_comment);
    if (comment == setting.words.end()) return;
    const Where where = setting.at(*comment).where();
    if (attribute.name == "server_args") {
        if (comment->text.starts_with('#'))
            diagnostics.warning(where,
                                "this is no comment: the server gets it, and all behind it, as "
                                "arguments",
                                "write comments in lines of their own");
        return;
    }
    setting.words.erase(comment, setting.words.end());
    diagnostics.warning(
        where,
        fmt::format("xinetd takes no comment behind a value, and {}",
                    effect_of_comment(attribute, in_defaults)),
        fmt::format("{} is taken as it was meant here; write comments in lines of their own",
                    attribute.name));
}

/// Whether there are as many values as there must be.
bool counts_right(const XinetdSetting& setting, const XinetdAttribute& attribute,
                  Diagnostics& diagnostics) {
    const std::size_t count = setting.words.size();
    const std::size_t right = attribute.count == two ? 2 : 1;
    if (attribute.count == any || count == right) return true;
    const bool two_settings = std::any_of(setting.words.begin(), setting.words.end(), is_operator);
    diagnostics.warning(setting.place.where(),
                        fmt::format("{} takes {} and not {}: this line is ignored", attribute.name,
                                    right == 1 ? "one value" : "two values", count),
                        two_settings ? "write each setting in a line of its own"
                        : right == 1 ? fmt::format("write `{} = VALUE`", attribute.name)
                                     : fmt::format("write `{} = VALUE VALUE`", attribute.name));
    return false;
}

}  // namespace

std::span<const XinetdAttribute> xinetd_attributes() noexcept {
    return table;
}

const XinetdAttribute* accept_setting(XinetdSetting& setting, bool in_defaults, XinetdSeen& seen,
                                      Diagnostics& diagnostics) {
    const auto ignored = [&](std::string message, std::string advice) {
        diagnostics.warning(setting.place.where(), std::move(message), std::move(advice));
        return nullptr;
    };
    const XinetdAttribute* attribute = find(setting.name);
    if (!attribute) {
        const std::string hint = near(setting.name);
        return ignored(
            fmt::format("there is no attribute `{}`: this line is ignored", setting.name),
            hint.empty() ? "take it out" : hint);
    }
    if (attribute->scope == (in_defaults ? service : defaults))
        return ignored(fmt::format("{} can be said in {} only: this line is ignored",
                                   attribute->name, in_defaults ? "a service" : "defaults"),
                       "take it out");
    if (setting.joined)
        diagnostics.warning(setting.place.where(),
                            "there is no blank before the operator: xinetd drops the whole entry",
                            fmt::format("that is accepted; write `{} =`", setting.name));
    if (setting.op != Operator::set && !attribute->list)
        return ignored(fmt::format("{} has one value, which nothing is added to or taken from: "
                                   "this line is ignored",
                                   attribute->name),
                       "write =");
    if (!attribute->list) {
        // bind and interface are two names for one.
        const XinetdAttribute* key = attribute->name == "interface" ? find("bind") : attribute;
        const auto [first, is_new] = seen.emplace(key, setting.place.where());
        if (!is_new)
            return ignored(fmt::format("{} is said already, at {}: this line is ignored",
                                       attribute->name, first->second.str()),
                           "take one of the two out; the first one counts");
    }
    if (attribute->own) return attribute;
    drop_comment(setting, *attribute, in_defaults, diagnostics);
    if (!counts_right(setting, *attribute, diagnostics)) {
        if (!attribute->list) seen.erase(attribute->name == "interface" ? find("bind") : attribute);
        return nullptr;
    }
    return attribute;
}

void take_setting(XinetdEntry& entry, const XinetdAttribute& attribute,
                  const XinetdSetting& setting, Diagnostics& diagnostics) {
    entry.places.insert_or_assign(attribute.name, setting.place);
    try {
        if (attribute.name == "server_args" && setting.words.empty())
            throw BadValue("there are no arguments", "leave the line out");
        if (attribute.grammar) attribute.grammar(setting.words);
        attribute.take(entry, attribute, setting, diagnostics);
    } catch (const BadValue& bad) {
        entry.draft.break_it();
        const Place place =
            bad.word < setting.words.size() ? setting.at(setting.words[bad.word]) : setting.place;
        diagnostics.error(place.where(), fmt::format("{}: {}", attribute.name, bad.what()),
                          bad.advice);
    }
}

bool copied_at_once(std::string_view attribute) noexcept {
    static constexpr std::string_view names[] = {"only_from",      "no_access", "log_on_success",
                                                 "log_on_failure", "passenv",   "banner_success",
                                                 "banner_fail",    "banner"};
    return std::any_of(std::begin(names), std::end(names),
                       [&](std::string_view name) { return same_word(name, attribute); });
}

}  // namespace minetd
