// SPDX-License-Identifier: ISC
#include "daemon/config/sandbox_codecs.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>

#include "daemon/os/capabilities.h"
#include "daemon/os/seccomp_filter.h"

namespace minetd::codec {
namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return out;
}

/// The only word, in any case.
bool is_word(Words words, std::string_view word) {
    return words.size() == 1 && same_word(words[0].text, word);
}

std::string capability_name(const Word& word, std::size_t index) {
    std::string name = lower(word.text);
    if (name.starts_with("cap_")) name.erase(0, 4);
    // Without the library nothing is known; what may be used is said by the check of the host.
    if (!capability::available() || capability::number(name)) return name;
    const std::vector<std::string> all = capability::all_names();
    const std::vector<std::string_view> known(all.begin(), all.end());
    const std::string hint = did_you_mean(name, known);
    throw BadValue(fmt::format("there is no capability `{}`", word.text),
                   hint.empty() ? "capabilities(7) has them all; none and all are words too" : hint,
                   index);
}

}  // namespace

template <>
std::span<const Name<SeccompAction>> names() noexcept {
    static constexpr Name<SeccompAction> table[] = {{"error", SeccompAction::error},
                                                    {"kill", SeccompAction::kill}};
    return table;
}

void Paths::apply(const Attribute& row, std::vector<std::string>& value, Operator op, Words words) {
    for (const Word& word : words) {
        static_cast<void>(checked_text(row, word.text));
        if (word.text[0] != '/')
            throw BadValue(fmt::format("`{}` is not an absolute path", word.text),
                           "begin it with a slash", static_cast<std::size_t>(&word - words.data()));
    }
    List::apply(row, value, op, words);
}

void Capabilities::apply(const Attribute&, Value& value, Operator op, Words words) {
    if (op == Operator::set) {
        if (words.empty()) throw BadValue("there is no value", "write none where it is meant so");
        value.reset();
        if (is_word(words, "inherit")) return;
    }
    std::vector<std::string> list = value                    ? *value
                                    : op == Operator::remove ? capability::all_names()
                                                             : std::vector<std::string>();
    if (op == Operator::set && is_word(words, "all"))
        list = capability::all_names();
    else if (op != Operator::set || !is_word(words, "none"))
        for (std::size_t i = 0; i < words.size(); ++i) {
            std::string name = capability_name(words[i], i);
            const auto found = std::find(list.begin(), list.end(), name);
            if (op != Operator::remove) {
                if (found == list.end()) list.push_back(std::move(name));
            } else if (found == list.end()) {
                throw BadValue(fmt::format("`{}` is not in the list", words[i].text), "", i);
            } else {
                list.erase(found);
            }
        }
    std::sort(list.begin(), list.end());
    value = std::move(list);
}

std::string Capabilities::format(const Value& value) {
    if (!value) return "inherit";
    return value->empty() ? "none" : quote(*value);
}

void SystemCalls::apply(const Attribute& row, Value& value, Operator op, Words words) {
    if (op == Operator::set) {
        value.reset();
        if (words.empty()) throw BadValue("there is no value", "write off where it is meant so");
        if (is_word(words, "default")) return;
        if (is_word(words, "off")) return void(value.emplace());
    }
    for (std::size_t i = 0; i < words.size(); ++i) {
        std::string_view name = words[i].text;
        if (name.starts_with('~')) name.remove_prefix(1);
        if (!seccomp::available() || seccomp::knows(name)) continue;
        const std::vector<std::string_view> sets = seccomp::set_names();
        if (!name.starts_with('@'))
            throw BadValue(fmt::format("this system has no system call `{}`", name),
                           "syscalls(2) has the calls; sets of them begin with @", i);
        const std::string hint = did_you_mean(name, sets);
        throw BadValue(fmt::format("there is no set of system calls `{}`", name),
                       hint.empty() ? "minetd.conf(5) has them all" : hint, i);
    }
    std::vector<std::string> list = value.value_or(std::vector<std::string>());
    List::apply(row, list, op, words);
    const bool forbids = !list.empty() && list[0].starts_with('~');
    for (const std::string& word : list)
        if (forbids && !word.starts_with('~'))
            throw BadValue(
                fmt::format("`{}` is allowed anyway, where only what has ~ is forbidden", word),
                fmt::format("write ~{}, or begin with what is allowed", word));
    value = std::move(list);
}

std::string SystemCalls::format(const Value& value) {
    if (!value) return "default";
    return value->empty() ? "off" : quote(*value);
}

}  // namespace minetd::codec
