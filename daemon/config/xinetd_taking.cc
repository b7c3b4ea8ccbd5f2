// SPDX-License-Identifier: ISC
#include "daemon/config/xinetd_taking.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>

#include "daemon/config/access_words.h"
#include "daemon/config/values.h"
#include "daemon/config/xinetd_words.h"

namespace minetd {
namespace {

void say(XinetdEntry& entry, const XinetdAttribute& attribute, const XinetdSetting& setting,
         Words words, Diagnostics& diagnostics) {
    const Row<ServiceSpec>* row = find_service_attribute(attribute.native);
    const Place place = words.empty() ? setting.place : setting.at(words[0]);
    entry.draft.assign(*row, setting.op, words, place, diagnostics);
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

}  // namespace

void taking::direct(XinetdEntry& entry, const XinetdAttribute& attribute,
                    const XinetdSetting& setting, Diagnostics& diagnostics) {
    say(entry, attribute, setting, setting.words, diagnostics);
}

void taking::types(XinetdEntry& entry, const XinetdAttribute&, const XinetdSetting& setting,
                   Diagnostics&) {
    entry.types = xinetd_types(setting.words);
}

void taking::flags(XinetdEntry& entry, const XinetdAttribute&, const XinetdSetting& setting,
                   Diagnostics&) {
    entry.flags = xinetd_flags(setting.words);
}

void taking::disable(XinetdEntry& entry, const XinetdAttribute&, const XinetdSetting& setting,
                     Diagnostics&) {
    entry.disabled = same_word(setting.words[0].text, "yes");
}

void taking::protocol(XinetdEntry& entry, const XinetdAttribute&, const XinetdSetting& setting,
                      Diagnostics&) {
    entry.protocol = setting.words[0].text;
}

void taking::v6only(XinetdEntry& entry, const XinetdAttribute&, const XinetdSetting& setting,
                    Diagnostics&) {
    entry.v6only = same_word(setting.words[0].text, "yes");
}

void taking::ids(XinetdEntry& entry, const XinetdAttribute& attribute, const XinetdSetting& setting,
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
void taking::clamped(XinetdEntry& entry, const XinetdAttribute& attribute,
                     const XinetdSetting& setting, Diagnostics& diagnostics) {
    const Row<ServiceSpec>& row = *find_service_attribute(attribute.native);
    std::vector<Word> words = setting.words;
    for (Word& word : words) {
        if (word.text.starts_with('+')) word.text.erase(0, 1);
        const auto number = decimal(word.text.substr(0, word.text.find('.')));
        if (!number || (*number < 0 && row.min >= 0)) continue;  // that is no value at all
        if (*number >= row.min && *number <= row.max) continue;
        word.text = std::to_string(std::clamp(*number, row.min, row.max));
        diagnostics.warning(setting.at(word).where(),
                            fmt::format("{}: there is no {} than {}", attribute.name,
                                        *number < row.min ? "less" : "more", word.text),
                            fmt::format("write {}", word.text));
    }
    say(entry, attribute, setting, words, diagnostics);
}

/// 0 is no limit of its own.
void taking::limit(XinetdEntry& entry, const XinetdAttribute& attribute,
                   const XinetdSetting& setting, Diagnostics& diagnostics) {
    const std::string& word = setting.words[0].text;
    if (word.find_first_not_of("0kKmM") != word.npos)
        direct(entry, attribute, setting, diagnostics);
}

/// Names that the daemon's environment cannot have pass nothing: what is left is passed.
void taking::passenv(XinetdEntry& entry, const XinetdAttribute& attribute,
                     const XinetdSetting& setting, Diagnostics& diagnostics) {
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

void taking::env(XinetdEntry& entry, const XinetdAttribute& attribute, const XinetdSetting& setting,
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

void taking::access_times(XinetdEntry& entry, const XinetdAttribute& attribute,
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

void taking::addresses(XinetdEntry& entry, const XinetdAttribute& attribute,
                       const XinetdSetting& setting, Diagnostics& diagnostics) {
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

}  // namespace minetd
