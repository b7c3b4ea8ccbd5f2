// SPDX-License-Identifier: ISC
#include "daemon/xinetd_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <string_view>

#include "daemon/config/codecs.h"
#include "daemon/config/names.h"
#include "daemon/config/values.h"

namespace minetd {
namespace {

enum class Value : std::uint8_t { none, number, facility, file };

struct Option {
    std::string_view name;
    std::string_view native;  ///< empty: accepted, since minetd is that way anyhow
    Value value;
};

constexpr Option options[] = {
    {"-d", "--foreground", Value::none},
    {"-dontfork", "--foreground", Value::none},
    {"-stayalive", "", Value::none},  // a reload may bring services
    {"-pidfile", "--pid-file", Value::file},
    {"-syslog", "--log", Value::facility},
    {"-filelog", "--log", Value::file},
    {"-limit", "--process-limit", Value::number},
    {"-inetd_compat", "--inetd-compat", Value::none},
    {"-inetd_ipv6", "", Value::none},  // lines of inetd.conf listen on both families
    {"-cc", "", Value::number},        // counts are settled at every change, not from time to time
    {"-logprocs", "", Value::number},  // no process is started to ask for a user's name
    {"-shutdownprocs", "", Value::number},
    {"-reuse", "", Value::none},  // SO_REUSEADDR is always set
    {"-version", "--version", Value::none},
};

/// `-f FILE` and `-fFILE` are minetd's own too.
bool is_own(std::string_view word) {
    return word.size() < 2 || word[0] != '-' || word[1] == '-' ||
           (word[1] == 'f' && (word.size() == 2 || word.find_first_of("/.") != word.npos));
}

void check_facility(const std::string& text) {
    const auto known = codec::syslog_facilities();
    if (std::any_of(known.begin(), known.end(),
                    [&](std::string_view name) { return same_word(name, text); }))
        return;
    const std::string hint = did_you_mean(text, known);
    std::string all;
    for (const std::string_view name : known) all += (all.empty() ? "" : ", ") + std::string(name);
    throw std::invalid_argument(fmt::format("-syslog: there is no facility `{}`; {}there are {}",
                                            text, hint.empty() ? "" : hint + " ", all));
}

std::string value_of(const Option& option, const std::string& text) {
    switch (option.value) {
        case Value::number:
            if (!decimal(text))
                throw std::invalid_argument(
                    fmt::format("{}: `{}` is not a number", option.name, text));
            return text;
        case Value::facility:
            check_facility(text.substr(0, text.find('.')));
            return "syslog:" + text;
        case Value::file: {
            // Opened, and removed, from another directory.
            const std::string path = std::filesystem::absolute(text);
            return option.name == "-filelog" ? "file:" + path : path;
        }
        case Value::none:
            break;
    }
    return text;
}

[[noreturn]] void unknown(std::string_view word) {
    std::vector<std::string_view> names;
    for (const Option& option : options) names.push_back(option.name);
    const std::string hint = did_you_mean(word, names);
    throw std::invalid_argument(fmt::format("there is no option {}; {}", word,
                                            hint.empty() ? "--help lists minetd's options, and "
                                                           "minetd-xinetd(7) those of xinetd"
                                                         : hint));
}

}  // namespace

TranslatedOptions translate_xinetd_options(std::span<const std::string> words) {
    TranslatedOptions result;
    std::string_view log;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string& word = words[i];
        if (word == "--") {
            result.words.insert(result.words.end(), words.begin() + static_cast<long>(i),
                                words.end());
            break;
        }
        const auto* option = std::find_if(std::begin(options), std::end(options),
                                          [&](const Option& each) { return each.name == word; });
        if (option == std::end(options)) {
            if (!is_own(word) && word.size() > 2) unknown(word);
            result.words.push_back(word);
            continue;
        }
        result.of_xinetd = true;
        if (option->native == "--log") {
            if (!log.empty() && log != option->name)
                throw std::invalid_argument(
                    "-syslog and -filelog exclude each other; give one of them");
            log = option->name;
        }
        std::vector<std::string>& out = result.words;
        const bool again = option->value == Value::none &&
                           std::find(out.begin(), out.end(), option->native) != out.end();
        if (!option->native.empty() && !again) out.emplace_back(option->native);
        if (option->value == Value::none) continue;
        if (i + 1 == words.size() || words[i + 1].empty() || words[i + 1][0] == '-')
            throw std::invalid_argument(fmt::format("{} needs {}", option->name,
                                                    option->value == Value::number ? "a number"
                                                    : option->value == Value::facility
                                                        ? "a facility: daemon, auth, user, local0-7"
                                                        : "a file"));
        const std::string value = value_of(*option, words[++i]);
        if (!option->native.empty()) out.push_back(value);
    }
    return result;
}

}  // namespace minetd
