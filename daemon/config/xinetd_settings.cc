// SPDX-License-Identifier: ISC
#include "daemon/config/xinetd_settings.h"

#include <fmt/core.h>

#include <algorithm>

#include "daemon/config/values.h"
#include "daemon/config/xinetd_native.h"

namespace minetd {
namespace {

using enum XinetdAttribute::Count;
using enum XinetdAttribute::Scope;

bool may_stand(const XinetdAttribute& attribute, bool in_defaults) {
    return attribute.scope != (in_defaults ? service : defaults);
}

std::string near(std::string_view name, bool in_defaults) {
    std::vector<std::string_view> names;
    for (const auto& attributes : {xinetd_attributes(), native_attributes()})
        for (const XinetdAttribute& attribute : attributes)
            if (may_stand(attribute, in_defaults)) names.push_back(attribute.name);
    return did_you_mean(name, names);
}

/// In an entry: the setting that was meant by `disabled = yes` or `enable = yes`; empty: it is
/// about something else.
std::string meant_by(const XinetdSetting& setting) {
    const bool disables = same_word(setting.name, "disabled");
    if (!disables && !same_word(setting.name, "enable") && !same_word(setting.name, "enabled"))
        return {};
    if (setting.words.size() != 1) return "disable";
    for (const bool yes : {true, false})
        if (same_word(setting.words[0].text, yes ? "yes" : "no"))
            return yes == disables ? "disable = yes" : "disable = no";
    return "disable";
}

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
    diagnostics.warning(
        setting.place.where(),
        fmt::format("{} takes {} and not {}: this line is ignored", attribute.name,
                    right == 1 ? "one value" : "two values", count),
        two_settings ? "write each setting in a line of its own"
        : right == 1 ? fmt::format("write `{} = VALUE`", attribute.name)
                     : fmt::format("write `{} = {}`", attribute.name,
                                   attribute.name == "redirect" ? "HOST PORT" : "N SECONDS"));
    return false;
}

}  // namespace

const XinetdAttribute* accept_setting(XinetdSetting& setting, bool in_defaults, XinetdSeen& seen,
                                      Diagnostics& diagnostics) {
    const auto ignored = [&](std::string message, std::string advice) {
        diagnostics.warning(setting.place.where(), std::move(message), std::move(advice));
        return nullptr;
    };
    const std::string meant = in_defaults ? std::string() : meant_by(setting);
    const XinetdAttribute* attribute = find_xinetd_attribute(setting.name);
    if (setting.joined)
        diagnostics.warning(setting.place.where(),
                            "there is no blank before the operator: xinetd drops the whole entry",
                            attribute && may_stand(*attribute, in_defaults)
                                ? fmt::format("that is accepted; write `{} =`", setting.name)
                                : "here the entry is served");
    if (!attribute) {
        const std::string hint = near(setting.name, in_defaults);
        return ignored(
            fmt::format("there is no attribute `{}`: this line is ignored", setting.name),
            !meant.empty() ? fmt::format("did you mean `{}`?", meant)
            : hint.empty() ? "take it out"
                           : hint);
    }
    if (!may_stand(*attribute, in_defaults))
        return ignored(
            fmt::format("{} can be said in {} only: this line is ignored{}", attribute->name,
                        in_defaults ? "a service" : "defaults",
                        meant == "disable = yes" ? ", and the service is not disabled" : ""),
            meant.empty() ? "take it out" : fmt::format("did you mean `{}`?", meant));
    if (setting.op != Operator::set && !attribute->list)
        return ignored(fmt::format("{} has one value, which nothing is added to or taken from: "
                                   "this line is ignored",
                                   attribute->name),
                       "write =");
    if (!attribute->list) {
        // bind and interface are two names for one.
        const XinetdAttribute* key =
            attribute->name == "interface" ? find_xinetd_attribute("bind") : attribute;
        const auto [first, is_new] = seen.emplace(key, setting.place.where());
        if (!is_new)
            return ignored(fmt::format("{} is said already, at {}: this line is ignored",
                                       attribute->name, first->second.str()),
                           "take one of the two out; the first one counts");
    }
    if (attribute->own) return attribute;
    drop_comment(setting, *attribute, in_defaults, diagnostics);
    if (!counts_right(setting, *attribute, diagnostics)) {
        if (!attribute->list)
            seen.erase(attribute->name == "interface" ? find_xinetd_attribute("bind") : attribute);
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

}  // namespace minetd
